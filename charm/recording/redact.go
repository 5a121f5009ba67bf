package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// placeholder is how what stands for a value begins; a number follows.
const placeholder = "redacted-"

// shortest is the length from which a value is looked for elsewhere: replacing
// each "a" would leave nothing to read.
const shortest = 4

// Redactor replaces secrets by placeholders, and remembers them so that they
// are found elsewhere too. The zero value is ready. It is safe for concurrent use.
type Redactor struct {
	// Keys are further parts of names whose values are secret.
	Keys []string

	mu    sync.Mutex
	known map[string]string
	// longest first: one value may be a part of another.
	order []string
}

// Learn remembers the secrets in what secret-get has printed, or in what was
// given to secret-add.
func (r *Redactor) Learn(content []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.data(content, true)
}

// Data replaces the secrets in what is sent or answered: JSON, or text.
func (r *Redactor) Data(data []byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.data(data, false)
}

// Text replaces the secrets in a text: those known, the values of names that
// sound like one, passwords in URLs, and private keys.
func (r *Redactor) Text(text string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.plain(text)
}

func (r *Redactor) plain(text string) string {
	if strings.ContainsAny(text, "=:") {
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			lines[i] = r.line(line)
		}
		text = strings.Join(lines, "\n")
	}
	text = r.privateKeys(r.userinfo(text))
	for _, value := range r.order {
		text = strings.ReplaceAll(text, value, r.known[value])
	}
	return text
}

// Call returns a call and its result without secrets.
func (r *Redactor) Call(call hooktool.Call, result hooktool.Result) (hooktool.Call, hooktool.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := call.Tool == "secret-get" || call.Tool == "credential-get"
	content := call.Tool == "secret-add" || call.Tool == "secret-set" || call.Tool == "action-set"
	call.Args = slices.Clone(call.Args)
	for i, arg := range call.Args {
		key, value, pair := strings.Cut(arg, "=")
		switch {
		case i > 0 && call.Args[i-1] == "--file" && arg != "-":
			// The file of a secret has another name each time, and is gone soon.
			if data, err := os.ReadFile(arg); err == nil && content {
				r.data(data, true)
			}
			call.Args[i] = "[file]"
		case pair && content && !strings.HasPrefix(arg, "-"):
			call.Args[i] = key + "=" + r.hide(value)
		default:
			call.Args[i] = r.plain(arg)
		}
	}
	if call.Stdin != nil {
		call.Stdin = r.data(call.Stdin, content)
	}
	result.Stdout = r.data(result.Stdout, all)
	result.Stderr = []byte(r.plain(string(result.Stderr)))
	return call, result
}

// data redacts JSON value by value and anything else as text. All tells that
// every value of it is secret.
func (r *Redactor) data(data []byte, all bool) []byte {
	if len(data) == 0 {
		return data
	}
	if value, ok := parse(data); ok {
		out, err := json.Marshal(r.walk(value, all))
		if err == nil {
			return append(out, data[len(bytes.TrimRight(data, "\n")):]...)
		}
	}
	if !all {
		return []byte(r.plain(string(data)))
	}
	// secret-add takes YAML, and secret-get prints the value of one key bare.
	var out []string
	for line := range strings.Lines(string(data)) {
		key, value, ok := strings.Cut(strings.TrimRight(line, "\n"), ": ")
		if !ok {
			key, value = "", line
		}
		if key != "" {
			key += ": "
		}
		out = append(out, key+r.hide(strings.Trim(strings.TrimSpace(value), `"'`)))
	}
	return []byte(strings.Join(out, "\n") + "\n")
}

// parse decodes one JSON value with its numbers as they are.
func parse(data []byte) (any, bool) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil || len(bytes.TrimSpace(data[decoder.InputOffset():])) > 0 {
		return nil, false
	}
	return value, true
}

func (r *Redactor) walk(value any, secret bool) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if name, ok := inner.(string); ok && secret && (key == "username" || key == "user") && name != "" {
				// It is often the name of the application too, which is everywhere.
				v[key] = placeholder + "user"
				continue
			}
			v[key] = r.walk(inner, secret || r.sensitive(key))
		}
	case []any:
		for i, inner := range v {
			v[i] = r.walk(inner, secret)
		}
	case string:
		return r.text(v, secret)
	case json.Number:
		if secret {
			return r.hide(v.String())
		}
	}
	return value
}

// text redacts a string of JSON, which may hold JSON again.
func (r *Redactor) text(text string, secret bool) string {
	if secret {
		return r.hide(text)
	}
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		if value, ok := parse([]byte(text)); ok {
			if out, err := json.Marshal(r.walk(value, false)); err == nil {
				return string(out)
			}
		}
	}
	return r.plain(text)
}

// hide returns the placeholder of a value. The URI of a secret is none itself.
func (r *Redactor) hide(value string) string {
	if value == "" || strings.HasPrefix(value, placeholder) || strings.HasPrefix(value, "secret:") {
		return value
	}
	if known, ok := r.known[value]; ok {
		return known
	}
	if r.known == nil {
		r.known = map[string]string{}
	}
	hidden := fmt.Sprintf("%s%d", placeholder, len(r.known)+1)
	r.known[value] = hidden
	if len(value) >= shortest {
		at := slices.IndexFunc(r.order, func(other string) bool { return len(other) < len(value) })
		if at < 0 {
			at = len(r.order)
		}
		r.order = slices.Insert(r.order, at, value)
	}
	return hidden
}

// sensitive tells whether a name sounds like that of a secret.
func (r *Redactor) sensitive(name string) bool {
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	for _, part := range [...]string{
		"password", "passwd", "passphrase", "secret", "token", "private-key", "api-key", "apikey", "session-key", "credential",
	} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return slices.ContainsFunc(r.Keys, func(part string) bool {
		return strings.Contains(name, strings.ReplaceAll(strings.ToLower(part), "_", "-"))
	})
}

// line redacts "NAME: VALUE" and "NAME=VALUE" where the name is sensitive.
func (r *Redactor) line(line string) string {
	for _, separator := range [...]string{"=", ": "} {
		name, value, ok := strings.Cut(line, separator)
		value = strings.TrimSpace(value)
		word := strings.TrimFunc(name[strings.LastIndexFunc(name, unicode.IsSpace)+1:], func(c rune) bool { return strings.ContainsRune(`"'-`, c) })
		bare := strings.Trim(value, `"',`)
		// In a sentence a colon comes after more than a name.
		sentence := separator == ": " && (strings.ContainsFunc(strings.TrimLeftFunc(name, unicode.IsSpace), unicode.IsSpace) || isTool(word))
		if !ok || bare == "" || sentence || !r.sensitive(word) || strings.ContainsAny(bare, "{[") {
			continue
		}
		return name + separator + strings.Replace(value, bare, r.hide(bare), 1)
	}
	return line
}

// isTool tells the names of hook tools from those of secrets.
func isTool(word string) bool {
	return slices.Contains([]string{
		"secret-add", "secret-get", "secret-grant", "secret-ids", "secret-info-get", "secret-remove", "secret-revoke", "secret-set", "credential-get",
	}, word)
}

// userinfo redacts passwords in URLs.
func (r *Redactor) userinfo(text string) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "://")
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		out.WriteString("://")
		end := strings.IndexFunc(rest, func(c rune) bool { return c == '/' || c == '"' || c == '\'' || unicode.IsSpace(c) })
		if end < 0 {
			end = len(rest)
		}
		authority := rest[:end]
		if at := strings.LastIndex(authority, "@"); at >= 0 {
			if user, password, ok := strings.Cut(authority[:at], ":"); ok {
				authority = user + ":" + r.hide(password) + authority[at:]
			}
		}
		out.WriteString(authority)
		text = rest[end:]
	}
}

// privateKeys redacts PEM blocks.
func (r *Redactor) privateKeys(text string) string {
	const mark = "PRIVATE KEY-----"
	begin := strings.Index(text, "-----BEGIN ")
	for begin >= 0 {
		header := strings.Index(text[begin:], mark)
		if header < 0 {
			return text
		}
		if next := strings.Index(text[begin+1:], "-----BEGIN "); next >= 0 && next+1 < header {
			begin += next + 1
			continue
		}
		end := strings.Index(text[begin+header+len(mark):], mark)
		stop := len(text)
		if end >= 0 {
			stop = begin + header + len(mark) + end + len(mark)
		}
		text = text[:begin] + r.hide(text[begin:stop]) + text[stop:]
		begin = strings.Index(text, "-----BEGIN ")
	}
	return text
}
