package form

import (
	"todoke/internal/bilevel"
	"todoke/order"
	printed "todoke/templates/form"
)

// Looks is a cost, counted in looks: what it costs to have a person look at one field.
type Looks float64

// Costs say what a field that is accepted unseen and wrong costs. A field is accepted where the
// look would cost more than the error it may prevent: from the confidence 1 − 1/cost on.
type Costs struct {
	Customer Looks // everything goes to, and is invoiced to, somebody else
	Item     Looks // something else arrives, comes back and is sent again
	Quantity Looks // too much or too little of it; the total's cost as well
	ShipTo   Looks // it arrives at another of the customer's own addresses
	Date     Looks // it arrives too early or too late
	Mark     Looks // what is out of stock is sent later, or not
}

// needed is the confidence from which what costs so much is accepted unseen.
func needed(cost Looks) float64 { return 1 - 1/float64(max(cost, 1)) }

// Settings are what the reader is told about people and money. They are configuration; Default
// documents them.
type Settings struct {
	Costs Costs

	// What is expected before looking, kept apart from what the image says.
	UnknownItem     float64 // share of written item codes that are in no master, misspelt or old
	UnknownCustomer float64
	WrongCheckDigit float64 // share of codes written with a wrong check digit; counts where no master is known
	UnknownShipTo   float64
	OddQuantity     float64 // share of quantities off the item's order multiple (ITM-1)
	WrongTotal      float64 // share of totals that are not the sum of the quantities
	OddDate         float64 // share of designated dates out of reach
	ForeignForm     float64 // share of personal forms on which another customer's code is written
	Junk            float64 // share of written boxes that hold no single digit: struck out, two in one
	DateReachDays   int     // CUT-7: how far ahead a date may be designated

	// DigitFloor is the least probability left to every digit of a cell, however sure the
	// recogniser is: its training never saw everything.
	DigitFloor float64
	// MaxResidual is how far, in mm, marks may disagree with their neighbours before the page
	// goes to review.
	MaxResidual float64
	// NoteToReview sends a page with something written in the free note to the desk: it may
	// say anything, and nothing else would read it.
	NoteToReview bool
}

// Default aims at no more than one wrong field among ten thousand accepted.
func Default() Settings {
	return Settings{
		Costs:       Costs{Customer: 1000, Item: 500, Quantity: 400, ShipTo: 250, Date: 100, Mark: 100},
		UnknownItem: 0.02, UnknownCustomer: 0.01, WrongCheckDigit: 0.005, UnknownShipTo: 0.02,
		OddQuantity: 0.03, WrongTotal: 0.03, OddDate: 0.02, ForeignForm: 0.01,
		Junk: 0.005, DateReachDays: 60, DigitFloor: 2e-5, MaxResidual: 0.5, NoteToReview: true,
	}
}

// Knowledge is what reading may lean on. Every master may be missing: then less is accepted
// unseen. The zero Settings and Scheme stand for the defaults.
type Knowledge struct {
	Items     map[string]order.Item       // by code; nil where unknown
	Customers map[string]order.Department // by code; nil where unknown
	ShipTos   map[string][]order.ShipTo   // by company code; nil where unknown

	Scheme     order.Scheme
	ReceivedOn order.Date // the day of receipt; zero accepts any real date
	Settings   Settings
	Layouts    []*printed.Layout // what may come in; nil is every form and version ever printed
	Digits     Recogniser        // nil is the built-in model

	// Cut, where given, is called with each box the recogniser is asked about, as it is asked: how
	// training learns what the reader's cells look like.
	Cut func(field string, box int, image *bilevel.Image, yScale int)
	// Seen, where given, is called with how the page lies against its form, once that is known.
	Seen func(*Sight)
	// Lap, where given, is called when a stage before the fields has ended: "register", "identify".
	Lap func(stage string)
}
