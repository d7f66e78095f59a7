package pdfium

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/emscripten"
)

//go:embed wasm/pdfium.wasm.gz
var packed []byte

// Errors that callers may tell apart. All others mean that the file is damaged.
var (
	ErrPassword = errors.New("pdfium: the file needs a password")
	ErrDamaged  = errors.New("pdfium: no readable PDF file")
	// ErrLimit is what a file meets that takes more memory or time than it may, or that makes
	// PDFium trap. The document is of no more use then.
	ErrLimit = errors.New("pdfium: memory, time or sandbox limit")
)

// Options are an Engine's settings. A zero field means its default.
type Options struct {
	CacheDir string // where the compiled program is kept; empty, or in a folder that is not there: in memory alone
	Memory   int64  // bytes that a document may take, default 512 MiB
	Steps    int64  // turns of loops that opening a document and each call on it may take, default 4 billion (some 20 s of a core)
}

const (
	// tickFunction is PDFium's only import without parameters or results. PDFium calls it to give
	// up; a trap stands behind that call, so that it may return.
	tickFunction = "_abort_js"
	tickSteps    = 1 << 16 // between two looks at the clock
	wasmPage     = 1 << 16
	maxInput     = 256 << 20 // bytes of a file
)

// Engine compiles PDFium once. It is safe for concurrent use.
type Engine struct {
	o      Options
	mu     sync.Mutex
	rt     wazero.Runtime
	cache  wazero.CompilationCache
	module wazero.CompiledModule
}

// New makes an engine; nothing is compiled before the first Open.
func New(o Options) *Engine {
	o.Memory = cmp.Or(max(o.Memory, 0), 512<<20)
	o.Steps = cmp.Or(max(o.Steps, 0), 4e9)
	return &Engine{o: o}
}

// Close frees the compiled program; documents that are still open fail from then on.
func (e *Engine) Close(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var err error
	if e.rt != nil {
		err = e.rt.Close(ctx)
	}
	if e.cache != nil {
		err = errors.Join(err, e.cache.Close(ctx))
	}
	e.rt, e.cache, e.module = nil, nil, nil
	return err
}

// Prepare compiles the program, so that the first Open takes no longer than the others.
func (e *Engine) Prepare(ctx context.Context) error {
	_, _, err := e.compiled(ctx)
	return err
}

// compiled gives the program, compiling it where that has not been done.
func (e *Engine) compiled(ctx context.Context) (wazero.Runtime, wazero.CompiledModule, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.module != nil {
		return e.rt, e.module, nil
	}
	ctx = context.WithoutCancel(ctx) // an impatient first caller must not spoil it for the others
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, nil, fmt.Errorf("unpack pdfium: %w", err)
	}
	program, err := io.ReadAll(z)
	if err != nil {
		return nil, nil, fmt.Errorf("unpack pdfium: %w", err)
	}
	if program, err = meter(program, tickFunction); err != nil {
		return nil, nil, fmt.Errorf("meter pdfium: %w", err)
	}
	if _, err := os.Stat(filepath.Dir(e.o.CacheDir)); e.o.CacheDir != "" && err == nil {
		// A folder that cannot be written costs time, nothing else; what a crash or a full disk
		// left of a file there is made anew.
		if err = e.compile(ctx, program, e.o.CacheDir); err != nil {
			stale, _ := filepath.Glob(filepath.Join(e.o.CacheDir, "wazero-*"))
			for _, dir := range stale {
				_ = os.RemoveAll(dir)
			}
			err = e.compile(ctx, program, e.o.CacheDir)
		}
		if err == nil {
			return e.rt, e.module, nil
		}
	}
	if err := e.compile(ctx, program, ""); err != nil {
		return nil, nil, err
	}
	return e.rt, e.module, nil
}

// compile compiles the program, with what a folder keeps of it unless that is empty.
func (e *Engine) compile(ctx context.Context, program []byte, dir string) error {
	conf := wazero.NewRuntimeConfig().WithMemoryLimitPages(uint32(min(e.o.Memory/wasmPage, 1<<16)))
	var cache wazero.CompilationCache
	if dir != "" {
		var err error
		if cache, err = wazero.NewCompilationCacheWithDir(dir); err != nil {
			return fmt.Errorf("open cache: %w", err)
		}
		conf = conf.WithCompilationCache(cache)
	}
	rt := wazero.NewRuntimeWithConfig(ctx, conf)
	m, err := rt.CompileModule(experimental.WithCompilationWorkers(ctx, runtime.GOMAXPROCS(0)), program)
	if err == nil {
		err = hostFunctions(ctx, rt, m)
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("compile pdfium: %w", err), rt.Close(ctx))
		if cache != nil {
			err = errors.Join(err, cache.Close(ctx))
		}
		return err
	}
	e.rt, e.cache, e.module = rt, cache, m
	return nil
}

// System calls' results, as WebAssembly's two conventions number them.
const (
	wasiNotSupported  = 52
	linuxNotSupported = ^uint32(43) // -44: no such file
)

// hostFunctions defines what the program imports: memory and exceptions. It has no files, no
// environment and no clock.
func hostFunctions(ctx context.Context, rt wazero.Runtime, m wazero.CompiledModule) error {
	env, wasi := rt.NewHostModuleBuilder("env"), rt.NewHostModuleBuilder("wasi_snapshot_preview1")
	exceptions, err := emscripten.NewFunctionExporterForModule(m)
	if err != nil {
		return err
	}
	exceptions.ExportFunctions(env)
	for _, f := range m.ImportedFunctions() {
		module, name, _ := f.Import()
		if strings.HasPrefix(name, "invoke_") || name == "_emscripten_throw_longjmp" {
			continue
		}
		b := env
		if module != "env" {
			b = wasi
		}
		b.NewFunctionBuilder().WithGoModuleFunction(hostFunction(module, name, len(f.ResultTypes()) > 0), f.ParamTypes(), f.ResultTypes()).Export(name)
	}
	for _, b := range []wazero.HostModuleBuilder{env, wasi} {
		if _, err := b.Instantiate(ctx); err != nil {
			return err
		}
	}
	return nil
}

func hostFunction(module, name string, result bool) api.GoModuleFunc {
	switch name {
	case "environ_sizes_get":
		return func(_ context.Context, m api.Module, st []uint64) {
			m.Memory().WriteUint32Le(uint32(st[0]), 0)
			m.Memory().WriteUint32Le(uint32(st[1]), 0)
			st[0] = 0
		}
	case "environ_get":
		return func(_ context.Context, _ api.Module, st []uint64) { st[0] = 0 }
	case "emscripten_resize_heap":
		return func(_ context.Context, m api.Module, st []uint64) {
			want, have := uint64(uint32(st[0])), uint64(m.Memory().Size())
			st[0] = 1
			if want > have {
				if _, ok := m.Memory().Grow(uint32((want - have + wasmPage - 1) / wasmPage)); !ok {
					st[0] = 0
				}
			}
		}
	case "_emscripten_memcpy_js":
		return func(_ context.Context, m api.Module, st []uint64) {
			from, ok := m.Memory().Read(uint32(st[1]), uint32(st[2]))
			to, fits := m.Memory().Read(uint32(st[0]), uint32(st[2]))
			if !ok || !fits {
				panic("copy beyond the memory")
			}
			copy(to, from)
		}
	case "__assert_fail":
		return func(context.Context, api.Module, []uint64) { panic("abort") }
	case tickFunction:
		return tick
	case "emscripten_date_now":
		return func(_ context.Context, _ api.Module, st []uint64) { st[0] = 0 }
	}
	return func(_ context.Context, _ api.Module, st []uint64) {
		switch {
		case !result:
		case module == "env":
			st[0] = uint64(linuxNotSupported)
		default:
			st[0] = wasiNotSupported
		}
	}
}

// stepsKey is the context's key for what is left of a call's steps, a *int64.
type stepsKey struct{}

// tick stops the program where its steps or its time are at an end.
func tick(ctx context.Context, m api.Module, _ []uint64) {
	g, ok := m.ExportedGlobal(stepsGlobal).(api.MutableGlobal)
	if !ok || uint32(g.Get()) != 0 {
		panic("abort")
	}
	if left, ok := ctx.Value(stepsKey{}).(*int64); ok {
		if *left -= tickSteps; *left < 0 {
			panic("too many steps")
		}
	}
	if err := ctx.Err(); err != nil {
		panic(err)
	}
	g.Set(tickSteps)
}
