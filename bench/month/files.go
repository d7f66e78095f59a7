package month

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/delivery/sftp"
	"todoke/internal/sftptest"
	"todoke/order"
	"todoke/rules"
	"todoke/samples"
	"todoke/store"
)

// Partner is the SFTP server of one of the month's warehouses: lists are dropped there, results are
// fetched from it. Now and then its line is cut in the middle of a file.
type Partner struct {
	Warehouse, Password string
	Server              sftp.Server
	dir                 string // of its user
	stop                func() error
	fetcher             *sftp.Fetcher
}

// Folders of the partner's server.
const (
	partnerIn  = "in"  // lists
	partnerOut = "out" // results
)

// NewPartner starts the server on a folder.
func NewPartner(ctx context.Context, dir string) (*Partner, error) {
	const user = "w1"
	p := &Partner{Warehouse: samples.WarehouseWest, Password: "password-of-the-month", dir: filepath.Join(dir, user)}
	const passable = 0o750
	for _, name := range []string{partnerIn, partnerOut} {
		if err := os.MkdirAll(filepath.Join(p.dir, name), passable); err != nil {
			return nil, fmt.Errorf("make the partner's folders: %w", err)
		}
	}
	var mu sync.Mutex
	begun := map[string]bool{}
	server, err := sftptest.New(sftptest.Config{
		Folder: dir, Password: p.Password, MakeFolders: true,
		Write: func(name string, _ int64, _ int) error { // the first attempt at one file of nine
			mu.Lock()
			defer mu.Unlock()
			if begun[name] {
				return nil
			}
			begun[name] = true
			if len(begun)%9 == 3 {
				return sftptest.ErrCut
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the partner's server: %w", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listener) }()
	p.stop = func() error {
		cancel()
		return <-ended
	}
	p.Server = sftp.Server{
		Address: listener.Addr().String(), User: user, HostKeys: server.HostKey(), Timeout: 10 * time.Second,
		Password: func() (string, error) { return p.Password, nil },
	}
	return p, nil
}

// Close stops the server.
func (p *Partner) Close() error { return p.stop() }

// Way carries lists to the partner.
func (p *Partner) Way() sftp.Way { return sftp.Way{Server: p.Server, Folder: partnerIn} }

// bySFTP makes a warehouse of the shop work by the partner's server.
func (s *shop) bySFTP(p *Partner) {
	for i := range s.set.Warehouses {
		if w := &s.set.Warehouses[i]; w.Code == p.Warehouse {
			w.Channel = order.PartnerSFTP
		}
	}
	for i := range s.set.Profiles {
		if x := &s.set.Profiles[i]; x.WarehouseCode == p.Warehouse {
			x.Address, x.HostKey, x.Fetch = "sftp://"+p.Server.User+"@"+p.Server.Address+"/"+partnerIn, p.Server.HostKeys, partnerOut
		}
	}
}

// handed is a file that a warehouse hands in, and what must come of it.
type handed struct {
	warehouse, name string
	data            []byte
	refused         bool
}

// resultFile writes rows of a result as a warehouse's system does.
func resultFile(rows []rules.ResultRow) ([]byte, error) {
	reasons := map[rules.ShortReason]string{rules.PickMissing: "欠品", rules.PickDamaged: "破損", rules.PickLate: "late"}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	all := [][]string{{"リスト番号", "注文番号", "行", "商品コード", "出荷数", "欠品数", "欠品理由", "送り状番号"}}
	for _, r := range rows {
		short, reason := "", ""
		if r.Short > 0 {
			short, reason = strconv.Itoa(r.Short), reasons[r.Reason]
		}
		all = append(all, []string{r.List, r.Order, strconv.Itoa(r.LineNo), r.ItemCode, strconv.Itoa(r.Shipped), short, reason, r.Tracking})
	}
	if err := w.WriteAll(all); err != nil {
		return nil, fmt.Errorf("write a result: %w", err)
	}
	return b.Bytes(), nil
}

// hand puts a result among what is handed in at the end of the round.
func (m *run) hand(l openList, what string, rows []rules.ResultRow, refused bool) error {
	data, err := resultFile(rows)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%s-%s.csv", what, l.number, m.Clock.Now().In(order.JST).Format("0102-1504"))
	m.world.files = append(m.world.files, handed{l.warehouse, name, data, refused})
	m.day.Results[what]++
	return nil
}

// handIn hands in all files of the round, each the way of its warehouse, has them read, and proves what
// came of each.
func (m *run) handIn(ctx context.Context) error {
	files := m.world.files
	m.world.files = nil
	if len(files) == 0 {
		return nil
	}
	fetch := false
	for i, f := range files {
		if m.Partner == nil || f.warehouse != m.Partner.Warehouse {
			if _, _, err := m.Store.ReceivePartnerFile(ctx, store.NewPartnerFile{
				WarehouseCode: f.warehouse, Channel: store.PartnerFolder, Name: f.name, Sender: f.warehouse, Bytes: f.data,
			}, m.Clock.Now()); err != nil {
				return fmt.Errorf("hand in %s: %w", f.name, err)
			}
			continue
		}
		fetch = true
		at := filepath.Join(m.Partner.dir, partnerOut, f.name)
		if err := os.WriteFile(at+".part", f.data, 0o600); err != nil {
			return fmt.Errorf("hand in %s: %w", f.name, err)
		}
		if i%5 == 0 { // looked for while it is still written
			if err := m.fetch(ctx); err != nil {
				return err
			}
		}
		if err := os.Rename(at+".part", at); err != nil {
			return fmt.Errorf("hand in %s: %w", f.name, err)
		}
	}
	for range 2 { // a file is taken at the second look that finds it unchanged
		if !fetch {
			break
		}
		if err := m.fetch(ctx); err != nil {
			return err
		}
	}
	if err := m.idle(ctx); err != nil {
		return err
	}
	for _, f := range files {
		if err := m.cameTo(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

func (m *run) fetch(ctx context.Context) error {
	p := m.Partner
	if p.fetcher == nil {
		p.fetcher = &sftp.Fetcher{
			Server: p.Server, Folder: partnerOut, MaxBytes: store.MaxPartnerFile, Log: slog.New(slog.DiscardHandler), Now: m.Wall,
			Take: func(ctx context.Context, f sftp.File) error {
				if strings.HasSuffix(f.Name, ".part") {
					m.wrong("the file %s was taken before it was whole", f.Name)
				}
				_, again, err := m.Store.ReceivePartnerFile(ctx, store.NewPartnerFile{
					WarehouseCode: p.Warehouse, Channel: store.PartnerSFTP, Name: f.Name, Sender: "sftp://" + p.Server.User, Bytes: f.Bytes,
				}, m.Clock.Now())
				if again {
					m.day.Results["same file again"]++
				}
				return err
			},
		}
	}
	if _, err := p.fetcher.Fetch(ctx); err != nil {
		return fmt.Errorf("fetch the partner's files: %w", err)
	}
	return nil
}

// cameTo proves that a file was applied, or kept with what is wrong with it and nothing of it applied.
func (m *run) cameTo(ctx context.Context, f handed) error {
	sum := sha256.Sum256(f.data)
	var n, moved int
	var state, text string
	var faults bool
	err := m.Admin.QueryRow(ctx, `SELECT count(*), coalesce(min(state), ''), coalesce(min(error), ''), coalesce(bool_and(jsonb_array_length(faults) > 0), false),
		(SELECT count(*) FROM stock_movements m JOIN partner_files p ON p.id = m.file_id WHERE p.warehouse_code = $1 AND p.sha256 = $2)::int
		FROM partner_files WHERE warehouse_code = $1 AND sha256 = $2`, f.warehouse, hex.EncodeToString(sum[:])).Scan(&n, &state, &text, &faults, &moved)
	if err != nil {
		return fmt.Errorf("look for %s: %w", f.name, err)
	}
	_, blob := m.Store.Blobs().Get(hex.EncodeToString(sum[:]))
	switch {
	case n != 1:
		m.wrong("the file %s of %s is there %d times", f.name, f.warehouse, n)
	case blob != nil:
		m.wrong("the bytes of the file %s of %s are not kept: %v", f.name, f.warehouse, blob)
	case f.refused && (state != store.PartnerFileRefused || !faults || moved > 0):
		m.wrong("the broken file %s of %s is %s, says what is wrong: %v, moved %d rows of stock", f.name, f.warehouse, state, faults, moved)
	case !f.refused && state != store.PartnerFileApplied:
		m.wrong("the file %s of %s is %s: %s", f.name, f.warehouse, state, text)
	}
	return nil
}

// dropped tells which lists are said to lie on the partner's server and do not.
func (m *run) dropped(ctx context.Context) ([]string, error) {
	if m.Partner == nil {
		return nil, nil
	}
	rows, err := m.Admin.Query(ctx, `SELECT location FROM deliveries WHERE channel = 'sftp' AND state = 'sent'`)
	if err != nil {
		return nil, fmt.Errorf("find lists: %w", err)
	}
	sent, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("find lists: %w", err)
	}
	var bad []string
	for _, at := range sent {
		if _, err := os.Stat(filepath.Join(m.Partner.dir, partnerIn, path.Base(at))); err != nil {
			bad = append(bad, fmt.Sprintf("the list %s does not lie on the partner's server", at))
		}
	}
	return bad, nil
}
