package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"todoke/ingest/form"
	"todoke/order"
	"todoke/templates/form/overlay"
)

// overlays writes what the reader saw on each page: one page to the named file, several to
// files numbered beside it.
type overlays struct {
	name  string // "" writes none
	first []byte // the first page's picture, until it is known whether it is the only one
	n     int
	err   error // of the first picture that could not be written: the pages are read all the same
}

// watch has the reader tell how a page lies; what it tells is in the result once it has read.
func (o *overlays) watch(k *form.Knowledge) **form.Sight {
	sight := new(*form.Sight)
	if o.name != "" {
		k.Seen = func(s *form.Sight) { *sight = s }
	}
	return sight
}

// add draws a page.
func (o *overlays) add(title string, p form.Page, sight *form.Sight, d order.Draft) {
	if o.name != "" && o.err == nil {
		o.err = o.draw(title, p, sight, d)
	}
}

func (o *overlays) draw(title string, p form.Page, sight *form.Sight, d order.Draft) error {
	var b bytes.Buffer
	if err := overlay.EncodePNG(&b, form.Overlay(title, p, sight, d)); err != nil {
		return err
	}
	o.n++
	if o.n == 1 {
		o.first = b.Bytes()
		return nil
	}
	if o.n == 2 {
		if err := o.write(1, o.first); err != nil {
			return err
		}
	}
	return o.write(o.n, b.Bytes())
}

// close writes the picture of an only page, and tells what could not be written.
func (o *overlays) close() error {
	if o.err != nil || o.n != 1 {
		return o.err
	}
	return o.write(0, o.first)
}

func (o *overlays) write(n int, data []byte) error {
	name := o.name
	if n > 0 {
		ext := filepath.Ext(name)
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		return fmt.Errorf("write overlay: %w", err)
	}
	return nil
}
