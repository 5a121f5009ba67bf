package pebble

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"
)

// Want is what a container should be: the services, checks and log targets of one layer, the files that they read, and how
// services load them. See [Container.Apply].
type Want struct {
	// Label names the layer, "charm" if empty. What an Apply of the same label wanted before and this one does not is retired.
	Label string

	// Layer is the whole layer, not a change to it. An entry without override has override replace.
	//
	// An entry with override merge is merged onto what the plan has. Pebble cannot take back what was merged before: a key
	// that an earlier Apply has set and this one does not stays until the container restarts. With replace it goes.
	Layer Layer

	// Files are written before services start. A file that is no longer wanted is left where it is.
	Files []File

	// Reloads say how services load files without a restart.
	Reloads []Reload
}

// File is a file in a container. Missing folders are made, with mode 0755 and the file's owner.
type File struct {
	Path    string // absolute
	Content []byte
	Mode    fs.FileMode // permissions; 0644 if zero
	Owner   Owner       // zero leaves a file that has the right content and mode to whom it belongs

	// Restarts are services that read the file only when they start. Apply puts a digest of all such files into the
	// environment of the service, as CHARMKIT_FILES_DIGEST, so that a new file is a new definition.
	Restarts []string

	// Reloads are services that load the file by their [Reload].
	Reloads []string
}

// Reload says how a service loads its files while it runs, and how that is seen.
type Reload struct {
	Service string

	// Generation names the configuration that is wanted. If empty it is a digest of the files that name the service.
	Generation string

	// Loaded asks the process itself for the generation that it runs with, such as by HTTP on a new connection. An error
	// counts as not loaded. After a reload it is asked until it has given the right answer for a quarter of a second.
	// Without Loaded, Apply notes the generation in the plan after a reload that went well; that tells what the process
	// was told to load, not what it did load.
	Loaded func(ctx context.Context) (string, error)

	// Validate makes the command that checks new files before the old ones are replaced. For that time all files that name
	// the service lie beside the old ones, and staged gives the path of such a copy; other paths it returns as they are.
	// Within the copies, each mention of another of these files by its full path is changed to the path of its copy, so that
	// includes are checked too:
	//
	//	Validate: func(staged func(string) string) pebble.Command {
	//		return pebble.Command{Args: []string{"nginx", "-t", "-c", staged("/etc/nginx/nginx.conf")}}
	//	},
	//
	// Validation takes up to 30 seconds unless the command says otherwise.
	Validate func(staged func(path string) string) Command

	// Command or Signal (such as "SIGHUP") makes the process load its files. Neither is right for a service that is only
	// validated, or that watches its files by itself.
	Command *Command
	Signal  string

	// Timeout is how long that may take, after a reload or a start; 10 seconds if zero.
	Timeout time.Duration
}

// Applied is what an Apply did, in the order of the names.
type Applied struct {
	Pushed        []string // paths
	LayerAdded    bool
	Started       []string // services
	Restarted     []string
	Reloaded      []string
	Stopped       []string
	StoppedChecks []string
}

// Changed reports whether anything was done at all.
func (a *Applied) Changed() bool {
	return a.LayerAdded || len(a.Pushed)+len(a.Started)+len(a.Restarted)+len(a.Reloaded)+len(a.Stopped)+len(a.StoppedChecks) > 0
}

const (
	defaultLabel      = "charm"
	defaultFileMode   = 0o644
	defaultReload     = 10 * time.Second
	defaultValidation = 30 * time.Second

	// digestVariable is part of the environment, hence of the definition, of a service that reads files at its start.
	digestVariable = "CHARMKIT_FILES_DIGEST"
)

// prepare returns a copy of want with its defaults filled in, or all that is wrong with it.
func (w Want) prepare() (*Want, error) {
	if w.Label == "" {
		w.Label = defaultLabel
	}
	p := problemList(w.Layer.problems())
	if len(p) > 0 {
		return nil, p.err()
	}
	w.Layer = *w.Layer.withDefaults()
	w.Files, w.Reloads = slices.Clone(w.Files), slices.Clone(w.Reloads)
	if _, taken := w.Layer.Services[recordName(w.Label)]; taken {
		p.add("service name %q is reserved", recordName(w.Label))
	}
	w.prepareReloads(&p)
	w.prepareFiles(&p)
	if err := p.err(); err != nil {
		return nil, err
	}
	for name, service := range w.Layer.Services {
		if digest := w.digest(func(f *File) bool { return slices.Contains(f.Restarts, name) }); digest != "" {
			mergeMap(&service.Environment, map[string]string{digestVariable: digest})
		}
	}
	return &w, nil
}

func (w *Want) prepareReloads(p *problemList) {
	for i := range w.Reloads {
		r := &w.Reloads[i]
		if _, ok := w.Layer.Services[r.Service]; !ok {
			p.add("reload names service %q, which the layer does not have", r.Service)
		}
		if slices.ContainsFunc(w.Reloads[:i], func(other Reload) bool { return other.Service == r.Service }) {
			p.add("service %q has more than one reload", r.Service)
		}
		if r.Command != nil && r.Signal != "" {
			p.add("reload of service %q has both a command and a signal", r.Service)
		}
		if r.Generation == "" {
			if r.Loaded != nil {
				p.add("reload of service %q asks for the generation but names none", r.Service)
			}
			r.Generation = w.digest(func(f *File) bool { return slices.Contains(f.Reloads, r.Service) })
		}
		if r.Timeout == 0 {
			r.Timeout = defaultReload
		}
	}
}

func (w *Want) prepareFiles(p *problemList) {
	for i := range w.Files {
		f := &w.Files[i]
		if !path.IsAbs(f.Path) || path.Clean(f.Path) != f.Path || f.Path == "/" {
			p.add("file %q must have an absolute path without . and ..", f.Path)
		}
		if slices.ContainsFunc(w.Files[:i], func(other File) bool { return other.Path == f.Path }) {
			p.add("file %s is there twice", f.Path)
		}
		if f.Mode == 0 {
			f.Mode = defaultFileMode
		}
		if f.Mode != f.Mode.Perm() {
			p.add("file %s has mode %v; only permissions can be set", f.Path, f.Mode)
		}
		if (f.Owner.Group != "" || f.Owner.GroupID != nil) && f.Owner.User == "" && f.Owner.UserID == nil {
			p.add("file %s has a group but no user", f.Path)
		}
		for _, service := range f.Restarts {
			if _, ok := w.Layer.Services[service]; !ok {
				p.add("file %s restarts service %q, which the layer does not have", f.Path, service)
			}
		}
		for _, service := range f.Reloads {
			if !slices.ContainsFunc(w.Reloads, func(r Reload) bool { return r.Service == service }) {
				p.add("file %s reloads service %q, which has no reload", f.Path, service)
			}
		}
	}
}

// digest returns a digest of some of the files, in any order, or "" if there are none.
func (w *Want) digest(of func(*File) bool) string {
	var parts []string
	for i := range w.Files {
		f := &w.Files[i]
		if of(f) {
			parts = append(parts, fmt.Sprintf("%q %o %s %x\n", f.Path, f.Mode, f.Owner, sha256.Sum256(f.Content)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	hash := sha256.New()
	for _, part := range parts {
		hash.Write([]byte(part))
	}
	return hex.EncodeToString(hash.Sum(nil)[:12])
}

// withDefaults returns a copy of the layer in which every entry has an override.
func (l *Layer) withDefaults() *Layer {
	out := &Layer{Summary: l.Summary, Description: l.Description}
	out.Services = cloneWithOverride(l.Services)
	out.Checks = cloneWithOverride(l.Checks)
	out.LogTargets = cloneWithOverride(l.LogTargets)
	return out
}

func cloneWithOverride[V any, P entry[V]](entries map[string]P) map[string]P {
	out := make(map[string]P, len(entries))
	for name, e := range entries {
		c := P(e.clone())
		if *c.override() == "" {
			*c.override() = OverrideReplace
		}
		out[name] = c
	}
	return out
}
