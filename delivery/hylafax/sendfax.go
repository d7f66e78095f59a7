package hylafax

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"todoke/delivery"
)

// DefaultProgram is found on the PATH.
const DefaultProgram = "sendfax"

// DefaultArgs are: no cover page, a mail when the job is done or has failed, our name of the job in
// that mail, the number, the file.
var DefaultArgs = []string{"-n", "-D", "-i", "{id}", "-d", "{number}", "{file}"}

// DefaultTimeout is how long sendfax may take to hand a job over.
const DefaultTimeout = 2 * time.Minute

// Way sends faxes with sendfax.
type Way struct {
	Program string // "" is DefaultProgram
	// Args of the program, nil is DefaultArgs: {number}, {international}, {id} (the delivery's
	// message id) and {file} stand for what differs.
	Args    []string
	Timeout time.Duration // 0 is DefaultTimeout
}

// Name implements delivery.Way.
func (Way) Name() string { return "hylafax" }

// Compose implements delivery.Way: what leaves is the file itself.
func (Way) Compose(p delivery.Parcel) ([]byte, error) {
	switch strings.ToLower(filepath.Ext(p.FileName)) {
	case ".pdf", ".tif", ".tiff", ".ps":
	default:
		return nil, fmt.Errorf("hylafax faxes PDF, TIFF and PostScript, not %q", p.FileName)
	}
	if len(p.Data) == 0 {
		return nil, errors.New("there is nothing to fax")
	}
	if strings.Trim(p.Recipient, "0123456789") != "" || !strings.HasPrefix(p.Recipient, "0") {
		return nil, fmt.Errorf("%q is no fax number in digits", p.Recipient)
	}
	return p.Data, nil
}

// jobID is in "request id is 1234 (group id 1234) for host localhost (1 file)".
var jobID = regexp.MustCompile(`(?i)request id is (\d{1,12})`)

// Send implements delivery.Way. A program that could not be started, or said that it failed,
// queued nothing; one that did not end in time may have.
func (w Way) Send(ctx context.Context, p delivery.Parcel, data []byte) (receipt string, err error) {
	dir, err := os.MkdirTemp("", "sendfax")
	if err != nil {
		return "", delivery.Fail(delivery.Temporary, "write the fax: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "fax"+strings.ToLower(filepath.Ext(p.FileName)))
	const private = 0o600
	if err := os.WriteFile(file, data, private); err != nil {
		return "", delivery.Fail(delivery.Temporary, "write the fax: %w", err)
	}
	timeout := w.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	program := w.Program
	if program == "" {
		program = DefaultProgram
	}
	cmd := exec.CommandContext(limited, program, w.args(p, file)...) //nolint:gosec // the configuration names it
	cmd.WaitDelay = time.Second                                      // a grandchild may hold the pipe
	var out limitedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return "", delivery.Fail(delivery.Temporary, "start %s: %w", program, err)
	}
	err = cmd.Wait()
	said := delivery.Line(out.String())
	found := jobID.FindStringSubmatch(said)
	switch {
	case found != nil && (err == nil || limited.Err() != nil || errors.Is(err, exec.ErrWaitDelay)):
		return "job " + found[1], nil // the server has queued it
	case limited.Err() != nil:
		return "", delivery.Fail(delivery.Uncertain, "%s was stopped before it said whether the server has the fax: %s", program, said)
	case err != nil:
		return "", delivery.Fail(delivery.Temporary, "%s failed: %w: %s", program, err, said)
	default:
		return said, nil
	}
}

// Check tells whether the program is there.
func (w Way) Check() (path string, err error) {
	if w.Program == "" {
		return exec.LookPath(DefaultProgram)
	}
	return exec.LookPath(w.Program)
}

func (w Way) args(p delivery.Parcel, file string) []string {
	args := w.Args
	if args == nil {
		args = DefaultArgs
	}
	r := strings.NewReplacer("{number}", p.Recipient, "{international}", "81"+strings.TrimPrefix(p.Recipient, "0"), "{id}", p.MessageID, "{file}", file)
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = r.Replace(a)
	}
	return out
}

// limitedBuffer keeps the beginning of what a program prints.
type limitedBuffer struct{ bytes.Buffer }

// Write implements io.Writer.
func (b *limitedBuffer) Write(p []byte) (int, error) {
	const most = 4 << 10
	if room := most - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

var _ io.Writer = (*limitedBuffer)(nil)
