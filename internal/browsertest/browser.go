// Package browsertest drives a real Chromium, headless, as a person would: it opens pages, presses
// keys and looks at what is shown.
//
// In: a test and addresses of pages. Out: what the page says, pictures of it, and how many keys
// were pressed. Only tests may import it; where Chromium is missing, needs decides.
package browsertest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"todoke/internal/needs"
)

// patience is how long a page may take for anything before the test fails.
const patience = 20 * time.Second

// Browser is one window with cookies of its own.
type Browser struct {
	tb   testing.TB
	ctx  context.Context //nolint:containedctx // chromedp's way to name a tab
	Keys int             // pressed so far
}

// New opens a window of so many pixels that reads pages in lang (ja or en). It closes with the test.
func New(tb testing.TB, width, height int, lang string) *Browser {
	tb.Helper()
	needs.Programs(tb, "chromium")
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options, chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile(tb)),
		chromedp.WindowSize(width, height), chromedp.Flag("lang", lang), chromedp.Flag("accept-lang", lang),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-dev-shm-usage", true))
	alloc, stopAll := chromedp.NewExecAllocator(context.WithoutCancel(tb.Context()), options...)
	ctx, stop := chromedp.NewContext(alloc)
	tb.Cleanup(func() { stop(); stopAll() })
	b := &Browser{tb: tb, ctx: ctx}
	if err := chromedp.Run(ctx, network.Enable(), emulation.SetDeviceMetricsOverride(int64(width), int64(height), 1, false)); err != nil {
		tb.Fatalf("start Chromium: %v", err)
	}
	return b
}

// profile is a folder for what Chromium keeps. Its processes still write for a moment after the
// window is closed, which is no fault of the test.
func profile(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "todoke-browser-") //nolint:usetesting // it is still written to, as said above
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		const tries, pause = 50, 100 * time.Millisecond
		for range tries {
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(pause)
		}
	})
	return dir
}

// Do runs actions within patience and fails the test where they do not come to their end. One whose
// element went with the page that was just being left is done again: it found that element, and did
// nothing to it yet.
func (b *Browser) Do(what string, actions ...chromedp.Action) {
	b.tb.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	for _, action := range actions {
		err := chromedp.Run(ctx, action)
		for left(err) && ctx.Err() == nil {
			err = chromedp.Run(ctx, action)
		}
		if err != nil {
			b.Shot(filepath.Join(b.tb.ArtifactDir(), "failed.png"))
			b.tb.Fatalf("%s: %v (at %s)", what, err, b.Address())
		}
	}
}

// left tells whether an element was of a page that is no more. Chromium has one code for all of a
// page's errors, and these words for this one.
func left(err error) bool {
	var e *cdproto.Error
	return errors.As(err, &e) && e.Code == -32000 &&
		slices.Contains([]string{"No node with given id found", "Could not find node with given id", "Node with given id does not belong to the document"}, e.Message)
}

// Open goes to a page and waits until it is there.
func (b *Browser) Open(url string) {
	b.tb.Helper()
	b.Do("open "+url, chromedp.Navigate(url), chromedp.WaitReady("body"))
}

// Press presses keys on whatever has the focus, one after the other: text, or kb.Enter.
func (b *Browser) Press(keys string) {
	b.tb.Helper()
	b.Keys += len([]rune(keys))
	b.Do("press "+keys, chromedp.KeyEvent(keys))
}

// Enter presses Enter.
func (b *Browser) Enter() {
	b.tb.Helper()
	b.Press(kb.Enter)
}

// Fill puts text into the field that a selector finds.
func (b *Browser) Fill(selector, text string) {
	b.tb.Helper()
	b.Do("fill "+selector, chromedp.SetValue(selector, text, chromedp.ByQuery))
}

// Focus puts the cursor where a selector points, as Tab does.
func (b *Browser) Focus(selector string) {
	b.tb.Helper()
	b.Do("go to "+selector, chromedp.Focus(selector, chromedp.ByQuery))
}

// Click clicks what a selector finds.
func (b *Browser) Click(selector string) {
	b.tb.Helper()
	b.Do("click "+selector, chromedp.Click(selector, chromedp.ByQuery))
}

// Wait waits until a selector finds something visible, on a page that hears keys.
func (b *Browser) Wait(selector string) {
	b.tb.Helper()
	b.Do("wait for "+selector, chromedp.WaitVisible(selector, chromedp.ByQuery))
	b.WaitFor("true")
}

// WaitFor waits until a JavaScript expression is true, across pages, on one whose own scripts run.
func (b *Browser) WaitFor(expression string) {
	b.tb.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		var ok bool
		if err := chromedp.Run(ctx, chromedp.Evaluate("document.readyState === 'complete' && Boolean("+expression+")", &ok)); err == nil && ok {
			return // an error may be a page that is just being left
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			b.Shot(filepath.Join(b.tb.ArtifactDir(), "failed.png"))
			b.tb.Fatalf("wait for %s: %v (at %s)", expression, ctx.Err(), b.Address())
		}
	}
}

// Text is what is read where a selector points.
func (b *Browser) Text(selector string) (text string) {
	b.tb.Helper()
	b.Do("read "+selector, chromedp.Text(selector, &text, chromedp.ByQuery))
	return text
}

// Eval is the value of a JavaScript expression.
func Eval[T any](b *Browser, expression string) (v T) {
	b.tb.Helper()
	b.Do("evaluate "+expression, chromedp.Evaluate(expression, &v))
	return v
}

// OnEveryPage runs a script on each page that is opened from now on, before any of the page's own.
func (b *Browser) OnEveryPage(script string) {
	b.tb.Helper()
	b.Do("add a script", chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	}))
}

// Address is where the window is.
func (b *Browser) Address() (url string) {
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	_ = chromedp.Run(ctx, chromedp.Location(&url))
	return url
}

// Shot writes a picture of the window to a file.
func (b *Browser) Shot(file string) {
	b.tb.Helper()
	var png []byte
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	if err := chromedp.Run(ctx, chromedp.CaptureScreenshot(&png)); err != nil {
		b.tb.Logf("no picture: %v", err)
		return
	}
	if err := os.WriteFile(file, png, 0o600); err != nil {
		b.tb.Errorf("write picture: %v", err)
	}
}
