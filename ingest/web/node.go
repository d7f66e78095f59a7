package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"todoke/order"
)

// maxDepth is how deep an order nests: body, lines, line.
const maxDepth = 4

// node is a JSON value that remembers where it stood.
type node struct {
	path   string
	value  any // nil, bool, json.Number, string, []node, or map[string]node
	fields []string
}

// decode reads exactly one JSON value.
func decode(data []byte, limit int) (node, *order.Error) {
	if len(data) > limit {
		return node{}, order.Invalid("", "", fmt.Sprintf("the order is larger than %d bytes: send fewer lines at once", limit))
	}
	if !utf8.Valid(data) {
		return node{}, order.Invalid("", "", "the order is not UTF-8: encode it as UTF-8")
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return node{}, order.Invalid("", "", "the order is empty: send a JSON object")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	n, fault := value(d, "", 0)
	if fault != nil {
		return node{}, fault
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return node{}, order.Invalid("", "", fmt.Sprintf("something follows the order at byte %d: send one order", d.InputOffset()))
	}
	return n, nil
}

func value(d *json.Decoder, path string, depth int) (node, *order.Error) {
	n := node{path: path}
	token, err := d.Token()
	if err != nil {
		return n, syntax(d, path, err)
	}
	delim, isDelim := token.(json.Delim)
	if !isDelim {
		n.value = token
		return n, nil
	}
	if depth == maxDepth {
		return n, order.Invalid("", path, "the value is nested too deeply: see the API's description for its shape")
	}
	if delim == '[' {
		list := []node{}
		for d.More() {
			item, fault := value(d, path+"["+strconv.Itoa(len(list))+"]", depth+1)
			if fault != nil {
				return n, fault
			}
			list = append(list, item)
		}
		n.value = list
	} else {
		object := map[string]node{}
		for d.More() {
			token, err := d.Token()
			if err != nil {
				return n, syntax(d, path, err)
			}
			name, ok := token.(string)
			if !ok {
				return n, order.Invalid("", "", "the order is not JSON: a field has no name")
			}
			at := join(path, name)
			if _, twice := object[name]; twice {
				return n, order.Invalid("", at, "the field is given twice: give it once")
			}
			field, fault := value(d, at, depth+1)
			if fault != nil {
				return n, fault
			}
			object[name] = field
			n.fields = append(n.fields, name)
		}
		n.value = object
	}
	if _, err := d.Token(); err != nil { // the closing bracket
		return n, syntax(d, path, err)
	}
	return n, nil
}

// syntax is an error of the body as a whole: it names no field, for the rest cannot be trusted.
func syntax(d *json.Decoder, path string, err error) *order.Error {
	where := ""
	if path != "" {
		where = " in " + path
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return order.Invalid("", "", "the order ends in the middle"+where+": send it whole")
	}
	return order.Invalid("", "", fmt.Sprintf("the order is not JSON at byte %d%s: correct it there", d.InputOffset(), where))
}

// join makes the path of a field; a name that is none of ours is cut and cleaned, for it goes
// into answers and logs.
func join(path, name string) string {
	const most = 40
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	if utf8.RuneCountInString(clean) > most {
		clean = string([]rune(clean)[:most]) + "…"
	}
	if path == "" {
		return clean
	}
	return path + "." + clean
}
