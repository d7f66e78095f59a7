package page

import "io"

// Login is the page where people sign in.
type Login struct {
	Lang    Lang
	Shop    string
	Login   string // as typed before
	Problem string
	Next    string // where to go then
}

// Render writes the page.
func (v Login) Render(w io.Writer) error { return Render(w, v.Lang, "login", v) }

// Problem is a page that says what went wrong and what to do.
type Problem struct {
	Frame
	Text    string
	Request string // to name when asking
}

// Render writes the page.
func (v Problem) Render(w io.Writer) error { return Render(w, v.Lang, "problem", v) }
