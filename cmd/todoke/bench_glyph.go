package main

import (
	"todoke/bench/digit"
)

// benchGlyphCommand measures the digit and mark recogniser on its own. It needs no database; data
// that is not named is left out.
type benchGlyphCommand struct {
	MNIST   string `name:"mnist" help:"Folder with MNIST's t10k files." type:"existingdir" placeholder:"DIR"`
	Banks   string `help:"Folder of the glyph banks that train/run.sh writes." type:"existingdir" placeholder:"DIR"`
	Fax     string `help:"Archive (.tar.gz) of real faxed cells: labels.csv and PNGs." type:"existingfile" placeholder:"FILE"`
	Weights string `help:"Another weights file than the built-in one." type:"existingfile" placeholder:"FILE"`
	N       int    `short:"n" name:"n" default:"10000" help:"Cells a synthetic set."`
	Misses  bool   `help:"Name each real cell that is read wrong on standard error."`
}

// Run implements the command.
func (c *benchGlyphCommand) Run(a *App) error {
	o := digit.Options{MNIST: c.MNIST, Banks: c.Banks, Fax: c.Fax, Weights: c.Weights, Cells: c.N}
	if c.Misses {
		o.Misses = a.Stderr
	}
	return digit.Run(a.Stdout, o)
}
