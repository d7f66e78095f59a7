package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"todoke/ingest/fax"
	"todoke/order"
)

// Exit statuses of the binary.
const (
	exitOK      = 0
	exitFailure = 1 // the command ran and failed
	exitUsage   = 2 // the command line or the configuration is wrong
	exitSignal  = 130
)

// commands is the command line: a line per subcommand, each in a file of its own.
type commands struct {
	settingFlags

	// Running.
	Up      upCommand      `cmd:"" help:"Run everything in one process."`
	Demo    demoCommand    `cmd:"" help:"Run the main job on the sample shop's faxes, mails and web orders."`
	Serve   serveCommand   `cmd:"" help:"Run the API alone."`
	Work    workCommand    `cmd:"" help:"Work the queue and tick the schedules alone."`
	Collect collectCommand `cmd:"" help:"Take in what is put into the inbox folder, what comes to the mailboxes and what partners leave on their SFTP servers, alone."`
	Migrate migrateCommand `cmd:"" help:"Bring the database up to date."`
	Doctor  doctorCommand  `cmd:"" help:"Say what is missing on this machine and how to mend it."`
	Config  configCommand  `cmd:"" help:"Print the effective configuration, secrets masked."`
	Version versionCommand `cmd:"" help:"Print version and build."`

	// Beside the program where it is only tried out.
	SMTPSink smtpSinkCommand `cmd:"" hidden:"" name:"smtp-sink" help:"Take mails from everybody and pass none on."`
	SFTPSink sftpSinkCommand `cmd:"" hidden:"" name:"sftp-sink" help:"Take files by SFTP and pass none on."`

	// Forms and reading.
	Form  formCommand  `cmd:"" help:"Print fax forms and tell their geometry."`
	Pages pagesCommand `cmd:"" help:"Decode fax files and write every page as a 1-bit PNG."`
	Read  readCommand  `cmd:"" help:"Read fax pages against the forms."`
	Bench benchCommand `cmd:"" help:"Run a benchmark."`

	// Documents, orders, stock.
	Ingest    ingestCommand    `cmd:"" help:"Hand documents in as if they had been collected."`
	Document  documentCommand  `cmd:"" help:"Look inbound documents up."`
	Review    reviewCommand    `cmd:"" help:"Settle what the reader was unsure of."`
	Answer    answerCommand    `cmd:"" help:"Look at what customers are told of their faxes and orders."`
	Audit     auditCommand     `cmd:"" help:"Audit what the reader accepted unseen, and look at its thresholds."`
	Order     orderCommand     `cmd:"" help:"Look orders up."`
	Warehouse warehouseCommand `cmd:"" help:"Ways to and from partner warehouses: check them, tokens, host keys, the files that they hand in."`
	PickList  pickListCommand  `cmd:"" name:"picklist" help:"Look pick lists up and report them shipped."`
	Wave      waveCommand      `cmd:"" help:"Look at what waves release."`
	Approval  approvalCommand  `cmd:"" help:"Look at orders that wait for their customer's approver, and enter decisions."`
	Payment   paymentCommand   `cmd:"" help:"Look at what is asked of the card gateway, and settle what failed."`
	Budget    budgetCommand    `cmd:"" help:"Tell what is taken of customers' budgets."`
	Delivery  deliveryCommand  `cmd:"" help:"Look deliveries up, and settle those that failed."`
	Rules     rulesCommand     `cmd:"" help:"Check and export the tables that the rules work with."`
	Stock     stockCommand     `cmd:"" help:"Tell what is on hand, reserved and available."`
	Gateway   gatewayCommand   `cmd:"" help:"Tell what mails of fax gateways say, and by which profiles."`
	Ledger    ledgerCommand    `cmd:"" help:"List everything that is not in a final state."`
	Archive   archiveCommand   `cmd:"" help:"Search, verify and export everything that came in and was issued."`
	Schedule  scheduleCommand  `cmd:"" help:"Look at the schedules."`
	Run       runCommand       `cmd:"" help:"Run a schedule by hand."`

	// Rules.
	Promise promiseCommand `cmd:"" help:"Tell acceptance, ready, arrival and ship day of an order that might be."`

	// Masters.
	Sample    sampleCommand    `cmd:"" help:"Write the sample shop's masters as CSV files."`
	Import    importCommand    `cmd:"" help:"Take masters in from CSV files."`
	Staff     staffCommand     `cmd:"" help:"Say who may sign in at the desk's pages."`
	ShopFront shopFrontCommand `cmd:"" name:"shopfront" help:"Say who may place web orders."`
}

// App is what a command works with. Tests build one and run the binary's own code in process.
type App struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Env looks up an environment variable.
	Env func(key string) (value string, ok bool)
	// Environ lists the environment as os.Environ does, to find misspelt variables; nil skips
	// the search.
	Environ func() []string
	// Now is the clock: the only one that todoke reads.
	Now func() time.Time

	// Ready, if it is not nil, is called once when a long-running command is up: Addr is then
	// the API's address.
	Ready func(*App)
	Addr  net.Addr

	loadSample   bool // up --sample
	faxesToo     bool // … with the faxes of its days
	sampleLoaded bool // by this process

	fetchNow chan struct{} // has partners' folders looked into at once; nil where nobody asks

	// Log and Config are set by Main before the command runs.
	Log    *slog.Logger
	Config Config
}

func main() {
	ctx, stop := signalContext()
	app := &App{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.LookupEnv, Environ: os.Environ, Now: time.Now}
	status := app.Main(ctx, os.Args[1:])
	stop()
	os.Exit(status)
}

// signalContext ends with the first SIGINT or SIGTERM; the second ends the process at once.
func signalContext() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	// A reader of the output who has seen enough (`| head`) makes writing fail; dying of it at
	// once would leave the private PostgreSQL behind.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(exitSignal)
	}()
	return ctx, cancel
}

// exitCode unwinds from kong's --help, which ends the process in the middle of parsing.
type exitCode int

// Main parses args, reads the configuration, runs the command and returns the exit status.
// Commands are structs with a method Run whose arguments may be context.Context and *App.
func (a *App) Main(ctx context.Context, args []string) (status int) {
	defer func() {
		if r := recover(); r != nil {
			code, ok := r.(exitCode)
			if !ok {
				panic(r)
			}
			status = int(code)
		}
	}()

	out := &output{w: a.Stdout}
	defer func(w io.Writer) { a.Stdout = w }(a.Stdout)
	a.Stdout = out

	var cmds commands
	parser, err := kong.New(&cmds,
		kong.Name("todoke"),
		kong.Description("Faxed forms and web orders become orders, reserved stock and pick lists."),
		kong.Writers(a.Stdout, a.Stderr),
		kong.Exit(func(code int) { panic(exitCode(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ShortUsageOnError(),
	)
	if err != nil {
		panic(err) // a struct tag of ours is wrong
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	kctx, err := parser.Parse(args)
	if err != nil {
		a.printError(err)
		_, _ = fmt.Fprintln(a.Stderr, "todoke: see "+commandOf(err)+" --help")
		return exitUsage
	}
	if a.Config, err = loadConfig(cmds.settingFlags, a.Env, a.Environ); err != nil {
		a.printError(err)
		return exitUsage
	}
	a.Log = newLogger(a.Stderr, a.Config.Log)
	fax.KeepPrograms(filepath.Join(a.Config.Data, "cache"))

	kctx.BindTo(ctx, (*context.Context)(nil))
	kctx.Bind(a)
	if err := kctx.Run(); err != nil {
		a.printError(err)
		return exitOf(err)
	}
	if err := out.failed(); err != nil {
		a.printError(fmt.Errorf("write output: %w", err))
		return exitFailure
	}
	return exitOK
}

// commandOf is the command, as far as it was understood, that a fault of the command line lies
// in, such as "todoke review settle".
func commandOf(err error) string {
	words := []string{"todoke"}
	if pe, ok := errors.AsType[*kong.ParseError](err); ok && pe.Context != nil {
		for _, p := range pe.Context.Path {
			if p.Command != nil {
				words = append(words, p.Command.Name)
			}
		}
	}
	return strings.Join(words, " ")
}

// usageError is a failure of the command line that only the command itself can see.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// silentError fails a command that has already said why, such as doctor.
type silentError struct{}

func (silentError) Error() string { return "failed" }

func exitOf(err error) int {
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailure
}

// unheard tells that nobody reads what the command prints any more.
func unheard(err error) bool {
	pe, ok := errors.AsType[*fs.PathError](err)
	return ok && pe.Path == os.Stdout.Name() && errors.Is(pe, syscall.EPIPE)
}

// printError writes a line per error: "todoke: <field>: message (RULE)". Joined errors take a
// line each.
func (a *App) printError(err error) {
	if _, ok := errors.AsType[silentError](err); ok || unheard(err) {
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			a.printError(e)
		}
		return
	}
	_, _ = fmt.Fprintln(a.Stderr, "todoke:", err)
	if order.KindOf(err) == order.KindTemporary {
		_, _ = fmt.Fprintln(a.Stderr, "todoke: this may pass: try again")
	}
}
