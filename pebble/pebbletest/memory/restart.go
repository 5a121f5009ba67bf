package memory

import (
	"maps"
	"slices"
	"strings"
)

// Restart ends Pebble and starts it again in the same container: layers that were added are gone and nothing runs, but files,
// notices and changes stay. The first layers are those of the image.
func (p *Pebble) Restart(image ...Layer) {
	p.update(func() { p.restart(image) })
}

// Recreate ends the container and starts it again, as Kubernetes does when it fails: what was written is gone as well, save
// what is below a mount. Files are those of the image.
func (p *Pebble) Recreate(image map[string]File, layers ...Layer) {
	p.update(func() {
		kept := maps.Clone(image)
		if kept == nil {
			kept = map[string]File{}
		}
		for path, file := range p.state.Files {
			if p.mountOf(path) != "" {
				kept[path] = file
			}
		}
		p.state.Files = kept
		p.owned |= files
		p.state.Changes, p.state.Notices, p.state.Identities = nil, nil, nil
		p.restart(layers)
	})
}

// nextBoot counts on from a boot id, and begins to count if it has no number.
func nextBoot(id string) string {
	if base, number, ok := strings.Cut(id, "boot-"); ok && base == "" {
		return "boot-" + next(number)
	}
	return "boot-1"
}

func (p *Pebble) restart(image []Layer) {
	for id, running := range p.execs {
		running.abort()
		if p.findChange(id) >= 0 {
			p.abort(id)
		}
	}
	p.execs = nil
	p.state.Services, p.state.Logs = nil, nil
	for i := range p.state.Changes {
		if c := &p.state.Changes[i]; !c.isReady() && (c.Kind == performCheck || c.Kind == recoverCheck) {
			p.abort(c.ID)
		}
	}
	p.state.Checks = nil
	p.state.Layers, p.plan = slices.Clone(image), nil
	p.state.BootID = nextBoot(p.bootID())
	p.state.Ended, p.state.Unreachable = "", false
	p.tick()
	p.booted = false
	p.boot()
}
