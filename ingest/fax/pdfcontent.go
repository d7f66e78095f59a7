package fax

import (
	"math"
	"strconv"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// matrix is a PDF transformation [a b c d e f].
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// then is m followed by n.
func (m matrix) then(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// area is that of the unit square once transformed.
func (m matrix) area() float64 { return math.Abs(m[0]*m[3] - m[1]*m[2]) }

func (m matrix) finite() bool {
	for _, v := range m {
		if math.IsNaN(v) || math.Abs(v) > 1e6 {
			return false
		}
	}
	return true
}

// gstate is the part of the graphics state that decides what is seen where.
type gstate struct {
	m       matrix
	hidden  bool // text is drawn invisibly, as text recognition lays it under a scan
	fillInk bool // fills are not white
	noFont  bool // the file lacks the font of its text
}

// pageScan runs through a page's content and notes what it draws.
type pageScan struct {
	f             *pdfFile
	images        []placed
	text, drawing bool // something visible besides pictures
	noFont        bool // visible text whose font the file lacks
	overrun       bool // there was more than is looked at
	damaged       bool // something on it could not be read
	operators     int
}

// operand is a number or a name; anything else counts for its place only.
type operand struct {
	num  float64
	name string
}

// run interprets a content stream (PDF 32000-1, annex A), as far as it places pictures.
func (s *pageScan) run(content []byte, resources types.Object, g gstate, depth int) {
	lex := lexer{b: content}
	var stack []gstate
	var args []operand
	num := func(fromEnd int) float64 {
		if i := len(args) - fromEnd; i >= 0 {
			return args[i].num
		}
		return 0
	}
	for {
		op, arg, kind := lex.next()
		if kind == tokenEnd {
			return
		}
		if kind == tokenOperand {
			if len(args) < 64 {
				args = append(args, arg)
			}
			continue
		}
		if s.operators++; s.operators > maxOperators {
			s.overrun = true
			return
		}
		switch op {
		case "q":
			if len(stack) < 256 {
				stack = append(stack, g)
			}
		case "Q":
			if n := len(stack); n > 0 {
				g, stack = stack[n-1], stack[:n-1]
			}
		case "cm":
			if len(args) >= 6 {
				if m := (matrix{num(6), num(5), num(4), num(3), num(2), num(1)}).then(g.m); m.finite() {
					g.m = m
				}
			}
		case "Tr":
			g.hidden = num(1) == 3
		case "Tj", "TJ", "'", "\"":
			s.text = s.text || !g.hidden
			s.noFont = s.noFont || g.noFont && !g.hidden
		case "Tf":
			if len(args) >= 2 {
				g.noFont = s.f.lacksFont(s.f.dict(s.f.dict(resources)["Font"])[args[len(args)-2].name])
			}
		case "g":
			g.fillInk = num(1) < 0.95
		case "rg":
			g.fillInk = min(num(1), num(2), num(3)) < 0.95
		case "k":
			g.fillInk = max(num(1), num(2), num(3), num(4)) > 0.05
		case "sc", "scn":
			g.fillInk = true
			if len(args) == 1 || len(args) == 3 {
				g.fillInk = num(1) < 0.95 || num(len(args)) < 0.95
			}
		case "f", "F", "f*":
			s.drawing = s.drawing || g.fillInk || len(s.images) > 0 // white over a scan hides it
		case "S", "s", "B", "B*", "b", "b*", "sh":
			s.drawing = true
		case "BI":
			if sd, ok := s.f.inline(&lex, resources); ok {
				s.place(sd, g.m)
			}
		case "Do":
			if len(args) > 0 {
				s.do(args[len(args)-1].name, resources, g, depth)
			}
		}
		args = args[:0]
	}
}

func (s *pageScan) place(sd types.StreamDict, m matrix) {
	if len(s.images) < maxPlaced && m.area() > 0 {
		s.images = append(s.images, placed{sd, m})
	}
}

// lacksFont tells whether a font for other than Latin script is missing from the file.
func (f *pdfFile) lacksFont(o types.Object) bool {
	font := f.dict(o)
	if f.name(font["Subtype"]) != "Type0" {
		return false
	}
	below, _ := f.deref(font["DescendantFonts"]).(types.Array)
	if len(below) == 0 {
		return true
	}
	d := f.dict(f.dict(below[0])["FontDescriptor"])
	return d["FontFile"] == nil && d["FontFile2"] == nil && d["FontFile3"] == nil
}

// noteMissing notes what could not be drawn as the sender saw it; whole tells that all of the
// page's content could be read.
func (s *pageScan) noteMissing(p Page, whole bool) Page {
	if !whole {
		leaveOut(&p, "a part of the page's content is damaged, and what it shows may be missing here; send it again")
	}
	if s.noFont {
		leaveOut(&p, "the file lacks the font of some of its text, which may be missing here; "+asFax)
	}
	return p
}

// do draws a picture or a form.
func (s *pageScan) do(name string, resources types.Object, g gstate, depth int) {
	sd, ok := s.f.deref(s.f.dict(s.f.dict(resources)["XObject"])[name]).(types.StreamDict)
	if !ok {
		s.damaged = true
		return
	}
	switch s.f.name(sd.Dict["Subtype"]) {
	case "Image":
		s.place(sd, g.m)
	case "Form":
		if depth >= maxFormDepth {
			s.overrun = true
			return
		}
		if m := s.f.numbers(sd.Dict["Matrix"]); len(m) == 6 {
			if t := matrix(m).then(g.m); t.finite() {
				g.m = t
			}
		}
		own := sd.Dict["Resources"]
		if own == nil {
			own = resources
		}
		content, whole := contentOf(sd)
		// The bytes count too: a form of nothing but operands, or one that unpacks beyond the limit,
		// takes as long when it is drawn a million times.
		s.operators += max(len(content), unpacking(sd, content == nil)) / 64
		s.damaged = s.damaged || !whole
		s.run(content, own, g, depth+1)
	}
}

// unpacking is the most bytes that the filters of a stream make on the way to its data, or until
// the last of them fails.
func unpacking(sd types.StreamDict, failed bool) int {
	steps := sd.FilterPipeline
	if !failed && len(steps) > 0 {
		steps = steps[:len(steps)-1]
	}
	most, n := len(sd.Raw), len(sd.Raw)
	for _, step := range steps {
		switch step.Name {
		case filter.Flate:
			n *= 1032 // at its best
		case filter.LZW:
			n *= 2731
		case filter.RunLength:
			n *= 64
		}
		n = min(n, maxContent)
		most = max(most, n)
	}
	return most
}

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenOperand
	tokenOperator
)

// lexer parts a content stream into operands and operators.
type lexer struct {
	b []byte
	i int
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func (l *lexer) next() (op string, arg operand, kind tokenKind) {
	for l.i < len(l.b) {
		c := l.b[l.i]
		switch {
		case isSpace(c):
			l.i++
			continue
		case c == '%':
			for l.i < len(l.b) && l.b[l.i] != '\n' && l.b[l.i] != '\r' {
				l.i++
			}
			continue
		case c == '(':
			l.skipString()
			return "", operand{}, tokenOperand
		case c == '/':
			l.i++
			return "", operand{name: l.word()}, tokenOperand
		case c == '<' || c == '>' || c == '[' || c == ']' || c == '{' || c == '}' || c == ')':
			l.i++
			if c == '<' && l.i < len(l.b) && l.b[l.i] != '<' { // hexadecimal string
				for l.i < len(l.b) && l.b[l.i] != '>' {
					l.i++
				}
			}
			continue
		}
		w := l.word()
		if c == '+' || c == '-' || c == '.' || c >= '0' && c <= '9' {
			v, err := strconv.ParseFloat(w, 64)
			if err != nil {
				v = 0
			}
			return "", operand{num: v}, tokenOperand
		}
		return w, operand{}, tokenOperator
	}
	return "", operand{}, tokenEnd
}

func (l *lexer) word() string {
	from := l.i
	for l.i < len(l.b) && !isSpace(l.b[l.i]) && !isDelimiter(l.b[l.i]) {
		l.i++
	}
	return string(l.b[from:l.i])
}

func (l *lexer) skipString() {
	depth := 0
	for ; l.i < len(l.b); l.i++ {
		switch l.b[l.i] {
		case '\\':
			l.i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				l.i++
				return
			}
		}
	}
}
