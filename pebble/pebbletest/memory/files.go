package memory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// fileError is the kind and text of an error about a path.
type fileError struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

func newFileError(err error) *fileError {
	if err == nil {
		return nil
	}
	kind := "generic-file-error"
	switch {
	case errors.Is(err, fs.ErrPermission):
		kind = "permission-denied"
	case errors.Is(err, fs.ErrNotExist):
		kind = "not-found"
	}
	return &fileError{kind, err.Error()}
}

type fileResult struct {
	Path  string     `json:"path"`
	Error *fileError `json:"error,omitempty"`
}

func pathError(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}

func notAbsolute(name string) error {
	return fmt.Errorf("paths must be absolute, got %q", name)
}

func (p *Pebble) stat(name string) (File, error) {
	_, file, err := p.resolve(name, true)
	if err != nil {
		return file, pathError("stat", name, err)
	}
	return file, nil
}

func (p *Pebble) listFiles(r *request) answer {
	query := r.URL.Query()
	if action := query.Get("action"); action != "list" {
		return badRequest("invalid action %q", action)
	}
	name, pattern, itself := query.Get("path"), query.Get("pattern"), query.Get("itself")
	switch {
	case name == "":
		return badRequest("must specify path")
	case itself != "" && itself != "true" && itself != "false":
		return badRequest(`itself parameter must be "true" or "false"`)
	case !path.IsAbs(name):
		return badRequest("path must be absolute, got %q", name)
	}
	list, err := p.list(name, pattern, itself == "true")
	if err != nil {
		status := http.StatusBadRequest
		switch {
		case errors.Is(err, fs.ErrNotExist):
			status = http.StatusNotFound
		case errors.Is(err, fs.ErrPermission):
			status = http.StatusForbidden
		}
		e := newFileError(err)
		return failure(status, e.Kind, e.Message)
	}
	return answer{http.StatusOK, append(list, `]}`...)}
}

// list begins an answer with a list of files.
func (p *Pebble) list(name, pattern string, itself bool) ([]byte, error) {
	buf := append(append(make([]byte, 0, 512), resultBegin...), '[')
	at, file, err := p.resolve(name, true)
	if err != nil {
		return nil, pathError("stat", name, err)
	}
	if !file.Mode.IsDir() || itself {
		matched, err := matches(pattern, path.Base(name))
		if err == nil && matched {
			buf = p.appendFile(buf, path.Clean(name), file)
		}
		return buf, err
	}
	if !p.may(file, 4) {
		return nil, pathError("open", name, syscall.EACCES)
	}
	for _, child := range p.children(at) {
		matched, err := matches(pattern, child)
		if err != nil {
			return nil, err
		}
		if !matched {
			continue
		}
		file, _ := p.lookup(path.Join(at, child))
		if buf[len(buf)-1] != '[' {
			buf = append(buf, ',')
		}
		buf = p.appendFile(buf, path.Join(name, child), file)
	}
	return buf, nil
}

func matches(pattern, name string) (bool, error) {
	if pattern == "" {
		return true, nil
	}
	return path.Match(pattern, name)
}

// appendFile appends a file's description as JSON.
func (p *Pebble) appendFile(buf []byte, name string, f File) []byte {
	buf = appendString(append(buf, `{"path":`...), name)
	buf = appendString(append(buf, `,"name":`...), path.Base(name))
	kind := "unknown"
	switch {
	case f.Mode.IsRegular():
		kind = "file"
		buf = strconv.AppendInt(append(buf, `,"size":`...), int64(len(f.Content)), 10)
	case f.Mode.IsDir():
		kind = "directory"
	case f.Mode&fs.ModeSymlink != 0:
		kind = "symlink"
	case f.Mode&fs.ModeSocket != 0:
		kind = "socket"
	case f.Mode&fs.ModeNamedPipe != 0:
		kind = "named-pipe"
	case f.Mode&fs.ModeDevice != 0:
		kind = "device"
	}
	buf = append(append(buf, `,"type":"`...), kind...)
	perm := f.Mode.Perm()
	buf = append(buf, `","permissions":"`...)
	buf = append(buf, '0'+byte(perm>>6), '0'+byte(perm>>3&7), '0'+byte(perm&7))
	buf = f.ModTime.AppendFormat(append(buf, `","last-modified":"`...), time.RFC3339)
	buf = strconv.AppendInt(append(buf, `","user-id":`...), int64(f.UID), 10)
	buf = appendString(append(buf, `,"user":`...), p.userName(f.UID))
	buf = strconv.AppendInt(append(buf, `,"group-id":`...), int64(f.GID), 10)
	buf = appendString(append(buf, `,"group":`...), p.groupName(f.GID))
	return append(buf, '}')
}

// readFiles answers with the content of files.
func (p *Pebble) readFiles(r *request) *http.Response {
	query := r.URL.Query()
	names := query["path"]
	if len(names) == 0 {
		return badRequest("must specify one or more paths").response(r.Request)
	}
	if r.Header.Get("Accept") != "multipart/form-data" {
		return badRequest("must accept multipart/form-data").response(r.Request)
	}
	contents := make([]string, len(names))
	results := make([]fileResult, len(names))
	for i, name := range names {
		content, err := p.read(name)
		contents[i], results[i] = content, fileResult{name, newFileError(err)}
	}
	boundary := boundaryOf(contents)
	var body bytes.Buffer
	for i, name := range names {
		if results[i].Error == nil {
			fmt.Fprintf(&body, "--%s\r\nContent-Disposition: form-data; name=\"files\"; filename=\"%s\"\r\nContent-Type: application/octet-stream\r\n\r\n",
				boundary, quoted(name))
			body.WriteString(contents[i])
			body.WriteString("\r\n")
		}
	}
	fmt.Fprintf(&body, "--%s\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name=\"response\"\r\n\r\n", boundary)
	body.Write(result(results).body)
	fmt.Fprintf(&body, "\r\n--%s--\r\n", boundary)
	length := int64(body.Len())
	return newResponse(r.Request, http.StatusOK, "multipart/form-data; boundary="+boundary, io.NopCloser(&body), length)
}

// quoted makes a name one within quotes.
func quoted(name string) string {
	if !strings.ContainsAny(name, `\"`) {
		return name
	}
	return strings.ReplaceAll(strings.ReplaceAll(name, `\`, `\\`), `"`, `\"`)
}

// boundaryOf returns a boundary between parts that none of them contains.
func boundaryOf(contents []string) string {
	for n := 0; ; n++ {
		boundary := "pebble-in-memory-boundary-0123456789" + strconv.Itoa(n)
		if !slices.ContainsFunc(contents, func(c string) bool { return strings.Contains(c, boundary) }) {
			return boundary
		}
	}
}

func (p *Pebble) read(name string) (string, error) {
	if !path.IsAbs(name) {
		return "", notAbsolute(name)
	}
	file, err := p.stat(name)
	switch {
	case err != nil:
		return "", err
	case !file.Mode.IsRegular():
		return "", fmt.Errorf("can only read a regular file: %q", name)
	case !p.may(file, 4):
		return "", pathError("open", name, syscall.EACCES)
	}
	return file.Content, nil
}

// fileItem is what a request says about one path.
type fileItem struct {
	Path        string `json:"path"`
	MakeDirs    bool   `json:"make-dirs"`
	MakeParents bool   `json:"make-parents"`
	Recursive   bool   `json:"recursive"`
	Permissions string `json:"permissions"`
	UserID      *int   `json:"user-id"`
	User        string `json:"user"`
	GroupID     *int   `json:"group-id"`
	Group       string `json:"group"`
}

func (p *Pebble) postFiles(r *request) answer {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return badRequest("invalid Content-Type %q", r.Header.Get("Content-Type"))
	}
	if kind == "multipart/form-data" {
		return p.writeFiles(r, params["boundary"])
	}
	if kind != "application/json" {
		return badRequest("invalid media type %q", kind)
	}
	var payload struct {
		Action string     `json:"action"`
		Dirs   []fileItem `json:"dirs"`
		Paths  []fileItem `json:"paths"`
	}
	if err := decode(r, &payload); err != nil {
		return badRequest("cannot decode request body: %v", err)
	}
	var results []fileResult
	switch payload.Action {
	case "make-dirs":
		for _, item := range payload.Dirs {
			results = append(results, fileResult{item.Path, newFileError(p.makeDir(item))})
		}
	case "remove":
		for _, item := range payload.Paths {
			results = append(results, fileResult{item.Path, newFileError(p.remove(item))})
		}
	case "write":
		return badRequest(`must use multipart with "write" action`)
	default:
		return badRequest("invalid action %q", payload.Action)
	}
	return result(results)
}

// writeFiles takes files from a multipart form: first what they are, then their contents.
func (p *Pebble) writeFiles(r *request, boundary string) answer {
	if len(boundary) < 32 {
		return badRequest("invalid boundary %q", boundary)
	}
	parts := multipart.NewReader(bytes.NewReader(r.content), boundary)
	part, err := parts.NextPart()
	if err != nil {
		return badRequest("cannot read request metadata: %v", err)
	}
	if part.FormName() != "request" {
		return badRequest(`metadata field name must be "request", got %q`, part.FormName())
	}
	var payload struct {
		Action string     `json:"action"`
		Files  []fileItem `json:"files"`
	}
	if err := json.NewDecoder(part).Decode(&payload); err != nil {
		return badRequest("cannot decode request metadata: %v", err)
	}
	if payload.Action != "write" {
		return badRequest(`multipart action must be "write", got %q`, payload.Action)
	}
	if len(payload.Files) == 0 {
		return badRequest("must specify one or more files")
	}
	written := map[string]error{}
	for i := 0; ; i++ {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return badRequest("cannot read file part %d: %v", i, err)
		}
		if part.FormName() != "files" {
			return badRequest(`field name must be "files", got %q`, part.FormName())
		}
		_, disposition, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		name := disposition["filename"]
		index := slices.IndexFunc(payload.Files, func(item fileItem) bool { return item.Path == name })
		if index < 0 {
			return badRequest("no metadata for path %q", name)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return badRequest("cannot read file part %d: %v", i, err)
		}
		written[name] = p.writeFile(payload.Files[index], string(content))
	}
	results := make([]fileResult, len(payload.Files))
	for i, item := range payload.Files {
		err, ok := written[item.Path]
		if !ok {
			err = fmt.Errorf("no file content for path %q", item.Path)
		}
		results[i] = fileResult{item.Path, newFileError(err)}
	}
	return result(results)
}
