package pdfium

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Document is an open file. It is for one goroutine at a time.
type Document struct {
	e      *Engine
	module api.Module
	handle uint64
	pages  int
	failed error
}

// Open reads a file's structure: ErrPassword, ErrDamaged or ErrLimit where it cannot be read.
func (e *Engine) Open(ctx context.Context, data []byte) (*Document, error) {
	if len(data) > maxInput {
		return nil, fmt.Errorf("open pdf: %d bytes: %w", len(data), ErrLimit)
	}
	rt, compiled, err := e.compiled(ctx)
	if err != nil {
		return nil, err
	}
	module, err := rt.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, fmt.Errorf("start pdfium: %w: %w", ErrLimit, err)
	}
	d := &Document{e: e, module: module}
	c := d.begin(ctx)
	c.do("__wasm_call_ctors")
	c.do("FPDF_InitLibrary")
	buffer := c.alloc(max(1, len(data)))
	c.write(buffer, data)
	d.handle = c.do("FPDF_LoadMemDocument", buffer, uint64(len(data)), 0)
	if c.err == nil && d.handle == 0 {
		c.err = ErrDamaged
		if code := c.do("FPDF_GetLastError"); code == 4 || code == 5 { // password, security scheme
			c.err = ErrPassword
		}
	}
	d.pages = int(int32(c.do("FPDF_GetPageCount", d.handle)))
	if c.err != nil {
		d.Close()
		return nil, fmt.Errorf("open pdf: %w", c.err)
	}
	return d, nil
}

// Pages is the number of pages that the file says it has.
func (d *Document) Pages() int { return d.pages }

// Close frees the document's memory.
func (d *Document) Close() {
	_ = d.module.Close(context.Background()) // frees memory; nothing can be done about an error
}

// calls is a run of calls into the program that stops at the first error.
type calls struct {
	d   *Document
	ctx context.Context //nolint:containedctx // of one run of calls
	err error
}

// begin starts a run of calls with steps of its own.
func (d *Document) begin(ctx context.Context) *calls {
	steps := d.e.o.Steps
	return &calls{d: d, ctx: context.WithValue(ctx, stepsKey{}, &steps), err: d.failed}
}

func (c *calls) do(name string, args ...uint64) uint64 {
	if c.err != nil {
		return 0
	}
	f := c.d.module.ExportedFunction(name)
	if f == nil {
		c.err = fmt.Errorf("pdfium has no function %s", name)
		return 0
	}
	out, err := f.Call(c.ctx, args...)
	if err != nil { // a trap, or the end of its time: the instance is in no known state
		c.err = fmt.Errorf("%w: %s: %w", ErrLimit, name, err)
		c.d.failed = c.err
		return 0
	}
	if len(out) == 0 {
		return 0
	}
	return out[0]
}

func (c *calls) float(name string, args ...uint64) float64 {
	v := float64(api.DecodeF32(c.do(name, args...)))
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

func (c *calls) alloc(n int) uint64 {
	p := c.do("malloc", uint64(n))
	if c.err == nil && p == 0 {
		c.err = fmt.Errorf("%w: %d bytes", ErrLimit, n)
	}
	return p
}

func (c *calls) free(p uint64) { c.do("free", p) }

func (c *calls) write(p uint64, b []byte) {
	if c.err == nil && !c.d.module.Memory().Write(uint32(p), b) {
		c.err = fmt.Errorf("%w: memory", ErrLimit)
	}
}

// read is a view of the program's memory, valid until the next call.
func (c *calls) read(p uint64, n int64) []byte {
	if c.err != nil {
		return nil
	}
	b, ok := c.d.module.Memory().Read(uint32(p), uint32(min(max(n, 0), math.MaxUint32)))
	if !ok {
		c.err = fmt.Errorf("%w: memory", ErrLimit)
	}
	return b
}

func (c *calls) floats(p uint64, out []float64) {
	b := c.read(p, int64(4*len(out)))
	if c.err != nil {
		return
	}
	for i := range out {
		out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
	}
}

func (c *calls) writeFloats(p uint64, v ...float64) {
	b := make([]byte, 0, 4*len(v))
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(f)))
	}
	c.write(p, b)
}

// ObjectNumber is the number of a page's object in the file, 0 where it has none.
func (d *Document) ObjectNumber(ctx context.Context, index int) int {
	c := d.begin(ctx)
	return max(0, int(int32(c.do("EPDFDoc_GetPageObjectNumberByIndex", d.handle, uint64(uint32(index))))))
}
