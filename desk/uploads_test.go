package desk_test

import (
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// TestUploadsHaveALimit: where no file is asked for none is taken, least of all from strangers; nothing
// of one stays on the disk.
func TestUploadsHaveALimit(t *testing.T) {
	o := newOffice(t)
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	body, w := io.Pipe()
	form := multipart.NewWriter(w)
	sent := make(chan int, 1)
	go func() {
		n := 0
		part, err := form.CreateFormFile("password", "large")
		block := make([]byte, 1<<20)
		for err == nil && n < 80 {
			_, err = part.Write(block)
			n++
		}
		if err == nil {
			err = form.Close()
		}
		w.CloseWithError(err)
		sent <- n
	}()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+"/desk/login", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	if resp, err := o.browser(t).Do(r); err == nil {
		_ = resp.Body.Close()
	}
	_ = body.Close()
	if n := <-sent; n > 20 {
		t.Errorf("%d MB were taken of somebody who has not signed in", n)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "multipart-*")); err != nil || len(left) > 0 {
		t.Errorf("%v is left in %s (%v)", left, os.TempDir(), err)
	}
}
