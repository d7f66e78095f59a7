package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"todoke/ingest/master"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/form"
)

// formCommand prints the fax forms and tells their geometry. Blank forms need no database.
type formCommand struct {
	Print  formPrintCommand  `cmd:"" help:"Print a fax form as PDF."`
	Layout formLayoutCommand `cmd:"" help:"Tell a form's fields and boxes in mm from the top left."`
}

// formOf is what both commands are told about the form.
type formOf struct {
	Kind     string `arg:"" help:"The form: order or return."`
	Order    string `help:"Order number: the return request forms that came with its deliveries." placeholder:"NUMBER"`
	Customer string `help:"Customer code: the form comes with the customer's code and name on it, from the masters in the database unless --company names it." placeholder:"CODE"`
	Company  string `help:"Company name to print; no database is then asked." placeholder:"NAME"`
	Unit     string `name:"department" help:"Department name to print." placeholder:"NAME"`
	Fax      string `help:"The customer's own fax number, to which answers go; the shop's is the setting shop_fax." placeholder:"NUMBER"`
}

type formPrintCommand struct {
	formOf
	Items  []string `help:"Item codes to print in the first lines, so that only quantities are written. Without them a customer's form names what the department ordered most often. More than one sheet has room for make several, each an order of its own." placeholder:"CODE,…"`
	Usual  int      `help:"How many usual items to print from the order history, on as many sheets as they take; 0 prints none." default:"8" placeholder:"N"`
	Names  string   `help:"items.csv: takes the items' names from there instead of the database." type:"existingfile" placeholder:"CSV"`
	Output string   `short:"o" required:"" help:"The PDF to write; - is standard output." placeholder:"F.pdf"`
}

type formLayoutCommand struct {
	formOf
	FormVersion int  `help:"An earlier version of the form; 0 is the current one." placeholder:"N"`
	JSON        bool `name:"json" help:"As one JSON object."`
}

// lookupCustomer gets the masters of a customer code, to print names on a personal form, and
// the region table, to promise what holds there.
func lookupCustomer(ctx context.Context, a *App, code string) (order.Department, *rules.Regions, error) {
	st, done, err := a.openStore(ctx)
	if err != nil {
		return order.Department{}, nil, err
	}
	defer done()
	d, err := st.GetDepartment(ctx, code)
	if err != nil {
		return order.Department{}, nil, err
	}
	_, regions, _, err := st.Masters(ctx)
	return d, regions, err
}

// termsOf are the numbers that the form tells of a region.
func termsOf(r rules.Settings, region order.Region) form.Terms {
	return form.Terms{
		CutoffFax:      rules.Cutoff(region, order.ChannelFax, order.ClassNormal),
		LeadDays:       r.LeadDays(order.ClassNormal, region),
		CutoffTruck:    rules.Cutoff(region, order.ChannelFax, order.ClassTruck),
		TruckLeadDays:  r.LeadDays(order.ClassTruck, region),
		DesignatedDays: r.DesignatedLimitDays, FreeFromYen: r.FeeFreeFromYen, FeeYen: r.FeeYen,
	}
}

// sheets makes out the form that the arguments describe.
func (f formOf) sheets(ctx context.Context, a *App, items []form.Item) ([]*form.Drawing, error) {
	if form.Kind(f.Kind) != form.KindOrder {
		return nil, order.NotFound("kind", fmt.Sprintf("there is no form %q: the forms are %q", f.Kind, form.Kinds()))
	}
	r := a.Config.Rules.On(order.DateOf(a.Now()))
	// Nobody's own region is known yet: what the settings say of Honshu.
	regions, err := rules.DefaultRegionTable(r)
	if err != nil {
		return nil, err
	}
	honshu, _ := regions.ByCode(rules.RegionHonshu)
	o := form.Options{
		Shop:         form.Shop{Name: a.Config.ShopName, Desk: a.Config.DeskName, Fax: a.Config.ShopFax},
		Terms:        termsOf(r, honshu),
		CustomerCode: f.Customer, CompanyName: f.Company, DepartmentName: f.Unit, Fax: f.Fax, Items: items,
	}
	if f.Customer != "" && f.Company == "" {
		d, regions, err := lookupCustomer(ctx, a, f.Customer)
		if err != nil {
			return nil, fmt.Errorf("get customer %s: %w", f.Customer, err)
		}
		o.CompanyName, o.DepartmentName, o.Fax = d.CompanyName, cmp.Or(f.Unit, d.Name), cmp.Or(f.Fax, d.Fax)
		if region, ok := regions.Find(d.Prefecture, d.PostalCode); ok {
			o.Terms = termsOf(r, region)
			o.Terms.OwnRegion = true
		}
	}
	return form.OrderSheets(o)
}

// usualItems are the items that the form names: those asked for, else the department's usual
// ones. Without a customer, or where --company says that no database is to be asked, there are
// only those asked for.
func (c *formPrintCommand) usualItems(ctx context.Context, a *App) ([]form.Item, error) {
	history := c.Customer != "" && c.Company == "" && len(c.Items) == 0 && c.Usual > 0
	if len(c.Items) == 0 && !history {
		return nil, nil
	}
	if c.Customer == "" {
		return nil, order.Invalid("", "items", "items are printed on a customer's own form: give the customer code too (--customer CODE)")
	}
	if c.Usual > form.MaxItems {
		return nil, order.Invalid("", "usual", fmt.Sprintf("a form names at most %d items", form.MaxItems))
	}
	codes := c.Items
	var items []order.Item
	if c.Names != "" && !history {
		set, report, err := master.ReadFile(master.KindItems, c.Names, master.Known{}, master.DefaultOptions())
		if err != nil {
			return nil, err
		}
		if !report.OK() {
			return nil, report.Err()
		}
		items = set.Items
	} else {
		st, done, err := a.openStore(ctx)
		if err != nil {
			return nil, err
		}
		defer done()
		if items, err = st.Items(ctx); err != nil {
			return nil, err
		}
		if history {
			if codes, err = st.UsualItems(ctx, c.Customer, c.Usual); err != nil {
				return nil, err
			}
		}
	}
	known := make(map[string]order.Item, len(items))
	for _, it := range items {
		known[it.Code] = it
	}
	var out []form.Item
	for _, code := range codes {
		it, ok := known[code]
		if !ok {
			return nil, order.NotFound("items", "no item has the code "+code)
		}
		out = append(out, form.Item{Code: it.Code, Name: it.Name, Unit: it.Unit})
	}
	return out, nil
}

// printedReturns are the return request forms that were printed for an order (RET-3), as stored.
func printedReturns(ctx context.Context, a *App, number string) (order.Order, []store.PrintedForm, error) {
	n, err := order.ParseNumber(number)
	if err != nil {
		return order.Order{}, nil, err
	}
	var o order.Order
	var forms []store.PrintedForm
	err = a.withStore(ctx, func(st *store.Store) error {
		if o, err = st.GetOrder(ctx, n); err != nil {
			return err
		}
		forms, err = st.PrintedForms(ctx, n, string(form.KindReturn))
		return err
	})
	return o, forms, err
}

// returns makes out return request forms: a blank one, or those of an order's shipments with the
// lines that they came with.
func (f formOf) returns(ctx context.Context, a *App) ([]*form.Drawing, error) {
	o := form.ReturnOptions{
		Shop: form.Shop{Name: a.Config.ShopName, Desk: a.Config.DeskName, Fax: a.Config.ShopFax}, Days: a.Config.Rules.On(order.DateOf(a.Now())).ReturnDays,
	}
	if f.Order == "" {
		return form.ReturnSheets(o)
	}
	of, forms, err := printedReturns(ctx, a, f.Order)
	if err != nil {
		return nil, err
	}
	d, _, err := lookupCustomer(ctx, a, of.DepartmentCode)
	if err != nil {
		return nil, err
	}
	o.Order, o.CustomerCode, o.Customer, o.Fax = of.Number, d.Code, strings.TrimSpace(d.CompanyName+" "+d.Name), d.Fax
	var out []*form.Drawing
	for _, p := range forms {
		if p.Sheet == 1 {
			o.Lines = nil
		}
		var lines []form.ReturnLine
		if err := json.Unmarshal(p.Lines, &lines); err != nil {
			return nil, fmt.Errorf("read printed form: %w", err)
		}
		o.Shipment, o.ArrivalOn, o.Lines = p.ShipmentNo, p.ArrivalOn, append(o.Lines, lines...)
		if p.Sheet < p.Sheets {
			continue
		}
		sheets, err := form.ReturnSheets(o)
		if err != nil {
			return nil, err
		}
		out = append(out, sheets...)
	}
	return out, nil
}

// make makes out the sheets of the form that is asked for.
func (c *formPrintCommand) make(ctx context.Context, a *App) ([]*form.Drawing, error) {
	if form.Kind(c.Kind) == form.KindReturn {
		return c.returns(ctx, a)
	}
	items, err := c.usualItems(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("get items of the form: %w", err)
	}
	return c.sheets(ctx, a, items)
}

// Run implements the command.
func (c *formPrintCommand) Run(ctx context.Context, a *App) error {
	sheets, err := c.make(ctx, a)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := form.RenderPDF(&b, a.Now(), sheets...); err != nil {
		return err
	}
	if c.Output == "-" {
		_, err = a.Stdout.Write(b.Bytes())
	} else {
		err = os.WriteFile(c.Output, b.Bytes(), 0o644)
	}
	if err != nil {
		return fmt.Errorf("write form: %w", err)
	}
	return nil
}

// Run implements the command.
func (c *formLayoutCommand) Run(ctx context.Context, a *App) error {
	kind := form.Kind(c.Kind)
	if kind == form.KindReturn && c.Order != "" {
		_, forms, err := printedReturns(ctx, a, c.Order)
		if err != nil {
			return err
		}
		for _, p := range forms { // a sheet a line, as each was printed
			var l form.Layout
			if err := json.Unmarshal([]byte(p.Layout), &l); err != nil {
				return fmt.Errorf("read layout of a printed form: %w", err)
			}
			if err := c.tell(a, &l); err != nil {
				return err
			}
		}
		return nil
	}
	version := c.FormVersion
	if version == 0 {
		version = form.Current(kind)
	}
	l, err := form.LayoutOf(kind, version)
	if err != nil {
		return err
	}
	return c.tell(a, l)
}

func (c *formLayoutCommand) tell(a *App, l *form.Layout) error {
	if c.JSON {
		return printJSON(a.Stdout, l)
	}
	for _, f := range l.Fields {
		first, last := f.Cells[0], f.Cells[len(f.Cells)-1]
		fmt.Fprintf(a.Stdout, "%-22s %-8s %2d × %g × %g mm at %g, %g to %g, %g\n", f.Name, f.Kind, len(f.Cells), first.W, first.H, first.X, first.Y, last.X+last.W, last.Y+last.H)
	}
	return nil
}
