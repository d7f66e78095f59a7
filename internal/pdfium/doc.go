// Package pdfium reads PDF files with PDFium, compiled to WebAssembly and run by wazero: no C
// library, and a hostile file meets a sandbox with a limit on memory, steps and time.
//
// In: the bytes of a PDF, also locked by an empty password or with a broken cross-reference table.
// Out: the number and size of its pages, the pictures on a page with their own pixels, and pages
// or what lies above a picture, drawn at any resolution. Never: writing or changing PDF, scripts,
// fetching what a file names, or the machine's own fonts.
//
// Each turn of a loop counts as a step: the program is rewritten for that before it is compiled. A
// call ends with ErrLimit when its steps are used up, or soon after its context is done.
//
// An Engine compiles the program at its first use (about two seconds of one core; from a cache on
// disk in a tenth of that) and is shared; each Document is an instance of its own with fresh memory.
package pdfium
