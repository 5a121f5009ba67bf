package charmbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/tools"
	"github.com/charmkit/charmkit/internal/sandbox"
)

// firstPebblePort is where the first workload's Pebble answers the probes.
const firstPebblePort = 38813

// jujuGroup is the group that the containers of a pod share if the charm does
// not run as root (fsGroup in Juju 3.6).
const jujuGroup = 170

// podSpec is what a unit's pod is made of.
type podSpec struct {
	unit string
	meta *metadata.Meta
	// charmDir is the unpacked charm on the host.
	charmDir string
	// images are those of the workload containers, by name.
	images map[string]*Image
	dirs   unitDirs
	bin    string
	// output gets each line that a container's Pebble writes.
	output func(container, line string)
	// ended is told why a container ended, or could not be started.
	ended func(container string, why error)
}

// unitPod is the running pod of a unit.
type unitPod struct {
	spec  podSpec
	pod   *sandbox.Pod
	charm *sandbox.Container
	user  account

	stop    context.CancelFunc
	keepers sync.WaitGroup
}

// startPod makes the pod as Juju's StatefulSet does: fresh volumes, the charm's
// container, and the workloads, which are started again whenever they end.
func startPod(ctx context.Context, network *sandbox.Network, spec podSpec) (*unitPod, error) {
	p := &unitPod{spec: spec, user: charmAccount(spec.meta.CharmUser)}
	if err := p.prepare(); err != nil {
		return nil, fmt.Errorf("cannot prepare the pod of %s: %w", spec.unit, err)
	}
	pod, err := network.AddPod(ctx, sandbox.PodSpec{Name: filepath.Base(spec.dirs.root)})
	if err != nil {
		return nil, fmt.Errorf("cannot make the pod of %s: %w", spec.unit, err)
	}
	p.pod = pod
	if p.charm, err = pod.Start(ctx, p.charmContainer()); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot start the charm container of %s: %w", spec.unit, err), pod.Close())
	}
	keep, stop := context.WithCancel(context.Background())
	p.stop = stop
	for i, name := range p.containers() {
		port := firstPebblePort + i
		p.keepers.Go(func() { p.keep(keep, name, port) })
	}
	return p, nil
}

// close ends the pod. Pebbles get the time to stop their services.
func (p *unitPod) close() error {
	p.stop()
	p.keepers.Wait()
	return p.pod.Close()
}

// containers are the workload containers in the order of their names.
func (p *unitPod) containers() []string { return slices.Sorted(maps.Keys(p.spec.meta.Containers)) }

// charmAccount is the user of the charm container.
func charmAccount(charmUser string) account {
	switch charmUser {
	case "non-root":
		return jujuAccounts["juju"]
	case "sudoer":
		return jujuAccounts["sjuju"]
	}
	return jujuAccounts["root"]
}

// rootless tells whether the pod has the group and the identities that go with
// a charm user other than root.
func (p *unitPod) rootless() bool { return p.user.uid != 0 }

// looker is as whom the agent looks at the Pebbles: the charm's user, whom an
// ordinary user's sandbox cannot tell from the others.
func (p *unitPod) looker() (*uint32, error) {
	exists, err := sandbox.HasUser(p.user.uid)
	if err != nil || !exists {
		return nil, err
	}
	uid := uint32(p.user.uid)
	return &uid, nil
}

// prepare makes the pod's volumes on the host, empty but for the charm and the
// links of the hook tools.
func (p *unitPod) prepare() error {
	d := p.spec.dirs
	if err := os.RemoveAll(d.root); err != nil {
		return err
	}
	owned := sandbox.Directory{Mode: 0o755, UID: p.user.uid, GID: p.user.gid}
	for _, path := range []string{d.juju(), d.agent(), d.charm(), d.tools()} {
		owned.Path = path
		if err := sandbox.MakeDirectory(owned); err != nil {
			return err
		}
	}
	if err := os.CopyFS(d.charm(), os.DirFS(p.spec.charmDir)); err != nil {
		return err
	}
	if err := p.chownTree(d.juju()); err != nil {
		return err
	}
	for _, tool := range tools.Names() {
		if err := os.Symlink(insideBin+"/jujuc", filepath.Join(d.tools(), tool)); err != nil {
			return err
		}
	}
	shared := sandbox.Directory{Mode: 0o755}
	if p.rootless() {
		shared = sandbox.Directory{Mode: 0o770 | fs.ModeSetgid, GID: jujuGroup}
	}
	for _, name := range p.containers() {
		shared.Path = d.shared(name)
		if err := sandbox.MakeDirectory(shared); err != nil {
			return err
		}
	}
	identities := fmt.Sprintf("identities:\n  charm:\n    access: admin\n    local:\n      user-id: %d\n", p.user.uid)
	return os.WriteFile(d.identities(), []byte(identities), 0o644)
}

// chownTree gives what was copied to the charm's user. An ordinary user's
// sandbox has no other owners to give.
func (p *unitPod) chownTree(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() {
			return sandbox.Chown(path, p.user.uid, p.user.gid)
		}
		return sandbox.MakeDirectory(sandbox.Directory{Path: path, Mode: 0o755, UID: p.user.uid, GID: p.user.gid})
	})
}

// groups are the supplementary groups of every process in the pod.
func (p *unitPod) groups() []int {
	if p.rootless() {
		return []int{jujuGroup}
	}
	return nil
}

// runAs is whom the charm runs as.
func (p *unitPod) runAs() sandbox.Credentials {
	return sandbox.Credentials{UID: p.user.uid, GID: p.user.gid, Groups: p.groups()}
}

func (p *unitPod) charmContainer() sandbox.ContainerSpec {
	d := p.spec.dirs
	mounts := []sandbox.Mount{
		{Source: p.spec.bin, Target: insideBin, ReadOnly: true},
		{Source: d.juju(), Target: insideJuju},
	}
	for _, name := range p.containers() {
		mounts = append(mounts, sandbox.Mount{Source: d.shared(name), Target: insideContainers + "/" + name})
	}
	return sandbox.ContainerSpec{Name: "charm", Root: d.rootfs("charm"), Mounts: mounts}
}

// keep runs a workload container, and starts it again when it ends: at once,
// then after longer and longer pauses, as Kubernetes does.
func (p *unitPod) keep(ctx context.Context, name string, port int) {
	pause := time.Duration(0)
	for ctx.Err() == nil {
		started := time.Now()
		err := p.runWorkload(ctx, name, port)
		if ctx.Err() != nil {
			return
		}
		p.spec.ended(name, err)
		if time.Since(started) > time.Minute {
			pause = 0
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(max(2*pause, time.Second), time.Minute)
	}
}

// runWorkload runs a workload container until it ends or ctx does. What it
// wrote outside its volumes is gone with it, as in a real container.
func (p *unitPod) runWorkload(ctx context.Context, name string, port int) error {
	root := p.spec.dirs.rootfs(name)
	if err := os.RemoveAll(root); err != nil {
		return err
	}
	spec, err := p.workloadContainer(name, port)
	if err != nil {
		return err
	}
	output := &lineWriter{line: func(line string) { p.spec.output(name, line) }}
	defer output.Close()
	spec.Output = output
	container, err := p.pod.Start(ctx, spec)
	if err != nil {
		return err
	}
	select {
	case <-container.Done():
	case <-ctx.Done():
		// A pod has 30 seconds to end.
		graceful, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		return container.Stop(graceful)
	}
	exit, err := container.Wait(context.Background())
	if err != nil {
		return err
	}
	return errors.New(exit.String())
}

// workloadContainer is what Juju 3.6.11 writes into the pod for a container of
// metadata.yaml.
func (p *unitPod) workloadContainer(name string, port int) (sandbox.ContainerSpec, error) {
	d := p.spec.dirs
	image := p.spec.images[name]
	user, err := image.account()
	if err != nil {
		return sandbox.ContainerSpec{}, err
	}
	declared := p.spec.meta.Containers[name]
	if declared.UID != nil {
		user.uid = *declared.UID
	}
	if declared.GID != nil {
		user.gid = *declared.GID
	}
	spec := sandbox.ContainerSpec{
		Name: name,
		Root: d.rootfs(name),
		Mounts: []sandbox.Mount{
			{Source: filepath.Join(p.spec.bin, "pebble"), Target: insideBin + "/pebble", ReadOnly: true},
			{Source: d.shared(name), Target: insideContainer},
		},
		Command: []string{
			insideBin + "/pebble", "run", "--create-dirs", "--hold", "--http", fmt.Sprintf(":%d", port), "--verbose",
		},
		RunAs: sandbox.Credentials{UID: user.uid, GID: user.gid, Groups: p.groups()},
		Env: []string{
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"HOME=" + user.home,
			"JUJU_CONTAINER_NAME=" + name,
			"PEBBLE_SOCKET=" + insideContainer + "/pebble.socket",
			"PEBBLE=" + insideContainer + "/pebble",
			"PEBBLE_COPY_ONCE=/var/lib/pebble/default",
		},
	}
	if p.rootless() {
		spec.Mounts = append(spec.Mounts, sandbox.Mount{Source: d.identities(), Target: insideIdentities, ReadOnly: true})
		spec.Command = append(spec.Command, "--identities", insideIdentities)
	}
	for _, m := range image.Mounts {
		spec.Mounts = append(spec.Mounts, sandbox.Mount{Source: m.From, Target: m.To, ReadOnly: true})
	}
	for _, dir := range image.Directories {
		mode, err := dir.mode()
		if err != nil {
			return sandbox.ContainerSpec{}, err
		}
		spec.Directories = append(spec.Directories, sandbox.Directory{Path: dir.Path, Mode: mode, UID: user.uid, GID: user.gid})
	}
	return spec, nil
}
