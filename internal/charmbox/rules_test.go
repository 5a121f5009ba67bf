package charmbox

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/sandbox"
	"github.com/charmkit/charmkit/internal/testenv"
	"github.com/charmkit/charmkit/pebble"
)

// The rules of docs/reference/juju-contract.md that only a running charm can
// show, held with charms that are scripts.

// contractPatience is how long a test waits for anything to come about.
const contractPatience = time.Minute

// scriptedMeta is the metadata of a charm that is scripts, to which its
// containers can be added.
const scriptedMeta = `
name: rules
summary: s
description: d
resources: {image: {type: oci-image}}
`

// stage is a model with a charm that is scripts.
type stage struct {
	*Box
	options Options
	// gate is a folder of the image. The Pebbles of its containers start once
	// there is a file "open" in it.
	gate string
}

// newStage deploys the files as a charm. All of them are executable but those
// in plain.
func newStage(t *testing.T, units int, files map[string]string, plain ...string) *stage {
	t.Helper()
	dir, err := os.MkdirTemp("", "cb") // a short name, for the sockets
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	image, charm, daemon := t.TempDir(), t.TempDir(), testenv.Pebble(t, "1.19.2")
	s := &stage{
		options: Options{Dir: dir, Model: "m", Pebble: daemon, Tools: "/proc/self/exe", RetryDelay: contractPatience},
		gate:    filepath.Join(image, "gate"),
	}
	write(t, image, map[string]string{
		"gate/pebble":           "#!/bin/sh\ntrap 'exit 0' TERM\nuntil [ -e /gate/open ]; do sleep 0.05; done\nexec /gate-pebble \"$@\"\n",
		"layers/001-idler.yaml": "services: {idler: {override: replace, command: sleep 1000, startup: enabled}}\n",
		ImageFile: `
mounts:
- {from: gate, to: /gate}
- {from: gate/pebble, to: /charm/bin/pebble}
- {from: ` + daemon + `, to: /gate-pebble}
- {from: layers, to: /var/lib/pebble/default/layers}
`,
	})
	write(t, charm, map[string]string{
		"metadata.yaml": scriptedMeta,
		"actions.yaml":  "act: {description: d}\nhold: {description: d}\n",
		"config.yaml":   "options: {word: {type: string}}\n",
	})
	write(t, charm, files)
	for _, name := range plain {
		require.NoError(t, os.Chmod(filepath.Join(charm, name), 0o644))
	}
	s.open(t)
	t.Cleanup(func() {
		if t.Failed() {
			for _, r := range s.logs.after(context.Background(), 0, 0).Records {
				t.Log(r.Level, r.Unit, r.Module, r.Message)
			}
		}
		require.NoError(t, s.Close())
	})
	require.NoError(t, s.Deploy(t.Context(), DeployRequest{Charm: charm, Units: units, Resources: map[string]string{"image": image}}))
	return s
}

// write makes files that are executable.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o755))
	}
}

func (s *stage) open(t *testing.T) {
	t.Helper()
	box, err := Open(t.Context(), s.options)
	require.NoError(t, err)
	s.Box = box
}

// openGate lets the Pebbles start.
func (s *stage) openGate(t *testing.T) { write(t, s.gate, map[string]string{"open": ""}) }

// await waits for a condition.
func await(t *testing.T, what string, reached func() bool) {
	t.Helper()
	require.Eventually(t, reached, contractPatience, 10*time.Millisecond, "not reached: %s", what)
}

// logged are the records so far with a message.
func (s *stage) logged(message string) []LogRecord {
	var found []LogRecord
	for _, r := range s.logs.after(context.Background(), 0, 0).Records {
		if r.Message == message {
			found = append(found, r)
		}
	}
	return found
}

// awaitLogged waits for the nth record with a message.
func (s *stage) awaitLogged(t *testing.T, n int, message string) {
	t.Helper()
	await(t, fmt.Sprintf("%q is logged %d times", message, n), func() bool { return len(s.logged(message)) >= n })
}

// act runs an action of rules/0, and returns what it wrote.
func (s *stage) act(t *testing.T) string {
	t.Helper()
	result, err := s.Run(t.Context(), RunRequest{Unit: "rules/0", Action: "act"})
	require.NoError(t, err)
	require.Equal(t, "completed", result.Status, "%+v", result)
	return strings.TrimSpace(fmt.Sprint(result.Results["stdout"]))
}

// pebble is the daemon of a container of rules/0.
func (s *stage) pebble(container string) *pebble.Container {
	return pebble.NewContainer(container, s.dirs.unit("rules/0").shared(container)+"/pebble.socket")
}

// C-001: dispatch comes before the scripts that are named after a hook or an
// action.
func TestDispatchIsRunForEverything(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, map[string]string{
		"dispatch":      "#!/bin/sh\necho dispatch $JUJU_DISPATCH_PATH\n",
		"hooks/install": "#!/bin/sh\necho its own script\n",
		"hooks/start":   "#!/bin/sh\necho its own script\n",
		"actions/act":   "#!/bin/sh\necho its own script\n",
	})
	s.awaitLogged(t, 1, "dispatch hooks/start")
	require.Len(t, s.logged("dispatch hooks/install"), 1)
	require.Len(t, s.logged("dispatch hooks/config-changed"), 1)
	require.Equal(t, "dispatch actions/act", s.act(t))
	require.Empty(t, s.logged("its own script"))
}

// C-002: without dispatch the scripts are run. This one takes itself away.
func TestScriptsAreRunWithoutDispatch(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, map[string]string{
		"dispatch":             "#!/bin/sh\necho dispatch $JUJU_DISPATCH_PATH\nrm dispatch\n",
		"hooks/install":        "#!/bin/sh\necho script $0\n",
		"hooks/config-changed": "#!/bin/sh\necho script $0\n",
		"hooks/start":          "#!/bin/sh\necho script $0\n",
		"actions/act":          "#!/bin/sh\necho script $0\n",
	})
	dir := s.dirs.unit("rules/0").insideAgent() + "/charm/"
	s.awaitLogged(t, 1, "script "+dir+"hooks/start")
	require.Len(t, s.logged("dispatch hooks/install"), 1)
	require.Len(t, s.logged("script "+dir+"hooks/config-changed"), 1)
	require.Empty(t, s.logged("script "+dir+"hooks/install"))
	require.Equal(t, "script "+dir+"actions/act", s.act(t))
}

// C-004: a dispatch that cannot be executed is an error, and no reason to run
// the script.
func TestDispatchThatIsNotExecutable(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, map[string]string{
		"dispatch":      "#!/bin/sh\necho dispatch\n",
		"hooks/install": "#!/bin/sh\necho its own script\n",
	}, "dispatch")
	await(t, "install has failed", func() bool {
		agent := s.Status().Applications["rules"].Units["rules/0"].Agent
		return agent.Current == "error" && agent.Message == `hook failed: "install"`
	})
	require.Empty(t, s.logged("dispatch"))
	require.Empty(t, s.logged("its own script"))

	require.NoError(t, os.Chmod(filepath.Join(s.dirs.unit("rules/0").charm(), "dispatch"), 0o755))
	require.NoError(t, s.Resolve(t.Context(), ResolveRequest{Unit: "rules/0"}))
	s.awaitLogged(t, 1, "dispatch")
}

// C-005: what a charm is given when it is started, for a hook and for an action.
func TestHowACharmIsStarted(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, map[string]string{
		"dispatch": "#!/bin/sh\necho \"$# arguments, $(wc -c) bytes, in $(pwd -P), $JUJU_CHARM_DIR\"\n",
	})
	dir := s.dirs.unit("rules/0").insideAgent() + "/charm"
	started := fmt.Sprintf("0 arguments, 0 bytes, in %s, %s", dir, dir)
	s.awaitLogged(t, 1, started)
	require.Equal(t, started, s.act(t))
}

// C-006: what a hook writes is logged line by line, the last also without its
// end.
func TestWhatAHookWritesIsLogged(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, map[string]string{
		"dispatch": `#!/bin/sh
[ $JUJU_DISPATCH_PATH != hooks/start ] || echo started
[ $JUJU_DISPATCH_PATH = hooks/install ] || exit 0
printf 'one\ntwo  words\n\nlast out'
printf 'three\nlast err' >&2
`,
	})
	s.awaitLogged(t, 1, "started")
	lines := map[string][]string{}
	for _, r := range s.logs.after(t.Context(), 0, 0).Records {
		if r.Module == "unit.rules/0.install" {
			require.Equal(t, "rules/0", r.Unit)
			lines[r.Level] = append(lines[r.Level], r.Message)
		}
	}
	require.Equal(t, map[string][]string{
		"DEBUG":   {"one", "two  words", "", "last out"},
		"WARNING": {"three", "last err"},
	}, lines)
}

// C-009: what is queued waits for an action that takes its time. The other unit
// shows that it need not wait for anything else. That there is no time limit is
// nothing that a test could wait for.
func TestOneAtATimeInAUnit(t *testing.T) {
	t.Parallel()
	s := newStage(t, 2, map[string]string{"dispatch": `#!/bin/sh
echo begin $JUJU_DISPATCH_PATH >>order
[ $JUJU_DISPATCH_PATH != actions/hold ] || until [ -e release ]; do sleep 0.02; done
echo end $JUJU_DISPATCH_PATH >>order
`})
	order := func(unit string) []string {
		data, _ := os.ReadFile(filepath.Join(s.dirs.unit(unit).charm(), "order"))
		return strings.Split(strings.TrimSpace(string(data)), "\n")
	}
	times := func(unit, line string) int {
		return len(slices.DeleteFunc(order(unit), func(l string) bool { return l != line }))
	}
	enqueue := func(unit, action string) {
		require.NoError(t, s.model.Update(t.Context(), func(state *model.State) error {
			_, err := state.EnqueueAction(unit, action, nil)
			return err
		}))
	}
	for _, unit := range []string{"rules/0", "rules/1"} {
		await(t, unit+" is started", func() bool {
			return times(unit, "end hooks/start") == 1 && s.Status().Applications["rules"].Units[unit].Agent.Current == "idle"
		})
	}
	enqueue("rules/0", "hold")
	await(t, "the action runs", func() bool { return times("rules/0", "begin actions/hold") == 1 })

	before := times("rules/1", "end hooks/config-changed")
	require.Equal(t, before, times("rules/0", "end hooks/config-changed"))
	_, err := s.Config(t.Context(), ConfigRequest{Application: "rules", Set: map[string]string{"word": "new"}})
	require.NoError(t, err)
	enqueue("rules/0", "act")
	enqueue("rules/1", "act")
	await(t, "the other unit has done it all", func() bool {
		return times("rules/1", "end hooks/config-changed") > before && times("rules/1", "end actions/act") == 1
	})
	held := order("rules/0")
	require.Equal(t, "begin actions/hold", held[len(held)-1])

	write(t, s.dirs.unit("rules/0").charm(), map[string]string{"release": ""})
	await(t, "the unit has done it all", func() bool {
		return times("rules/0", "end hooks/config-changed") > before && times("rules/0", "end actions/act") == 1
	})
	all := order("rules/0")
	require.Zero(t, len(all)%2)
	for i := 0; i < len(all); i += 2 {
		what, found := strings.CutPrefix(all[i], "begin ")
		require.True(t, found, "%q", all)
		require.Equal(t, "end "+what, all[i+1])
	}
}

// C-380: the socket is not there before Pebble runs. C-381: Pebble starts no
// service, although it could: neither at first nor when it is started again.
func TestPebbleAndItsServices(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, map[string]string{
		"metadata.yaml": scriptedMeta + "containers: {app: {resource: image}, side: {resource: image}}\n",
		"dispatch": `#!/bin/sh
case $JUJU_DISPATCH_PATH in
hooks/*-pebble-ready) echo ready $JUJU_WORKLOAD_NAME;;
hooks/*) echo ran $JUJU_DISPATCH_PATH;;
esac
cd /charm/containers
for name in *; do [ -S $name/pebble.socket ] && echo $name has one || echo $name has none; done
`,
	})
	s.awaitLogged(t, 1, "ran hooks/start")
	require.Equal(t, "app has none\nside has none", s.act(t))
	s.openGate(t)
	s.awaitLogged(t, 1, "ready app")
	s.awaitLogged(t, 1, "ready side")
	require.Equal(t, "app has one\nside has one", s.act(t))

	idler := func() pebble.ServiceInfo {
		services, err := s.pebble("app").Services(t.Context())
		require.NoError(t, err)
		require.Len(t, services, 1)
		return services["idler"]
	}
	require.Equal(t, pebble.StartupEnabled, idler().Startup)
	require.Equal(t, pebble.StatusInactive, idler().Status)
	require.NoError(t, s.pebble("app").Autostart(t.Context()))
	require.Equal(t, pebble.StatusActive, idler().Status)
	s.end(t, "app")
	s.awaitLogged(t, 2, "ready app")
	require.Equal(t, pebble.StatusInactive, idler().Status)
}

// end ends the Pebble of a container, which is then started again.
func (s *stage) end(t *testing.T, container string) {
	t.Helper()
	info, err := s.pebble(container).SystemInfo(t.Context())
	require.NoError(t, err)
	// The command's end may be told or not.
	_, _ = s.Exec(t.Context(), ExecRequest{Unit: "rules/0", Container: container, Command: []string{"sh", "-c", "kill $PPID"}})
	await(t, container+" is started again", func() bool {
		now, err := s.pebble(container).SystemInfo(t.Context())
		return err == nil && now.BootID != info.BootID
	})
}

// C-382: pebble-ready comes once for each start of a Pebble, and for all after
// each start of the agent. C-383: then the custom notices come again, too.
func TestWhatPebblesTellTheCharm(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, map[string]string{
		"metadata.yaml": scriptedMeta + "containers: {app: {resource: image}, side: {resource: image}}\n",
		"dispatch":      "#!/bin/sh\necho ran $JUJU_DISPATCH_PATH $JUJU_NOTICE_KEY\n",
	})
	const ready, notice = "ran hooks/%s-pebble-ready", "ran hooks/app-pebble-custom-notice example.com/%d"
	readies := func() [2]int {
		return [2]int{len(s.logged(fmt.Sprintf(ready, "app"))), len(s.logged(fmt.Sprintf(ready, "side")))}
	}
	s.openGate(t)
	await(t, "both are ready", func() bool { return readies() == [2]int{1, 1} })
	s.end(t, "app")
	await(t, "app is ready again", func() bool { return readies() == [2]int{2, 1} })
	// Each notice is found by another look at the Pebble.
	for i := range 2 {
		_, err := s.pebble("app").Notify(t.Context(), fmt.Sprintf("example.com/%d", i), nil)
		require.NoError(t, err)
		s.awaitLogged(t, 1, fmt.Sprintf(notice, i))
	}
	require.Equal(t, [2]int{2, 1}, readies())
	require.Len(t, s.logged(fmt.Sprintf(notice, 0)), 1)

	// An agent that starts beside these Pebbles.
	for container, want := range map[string][]string{
		"app":  {"app-pebble-ready", "app-pebble-custom-notice example.com/0", "app-pebble-custom-notice example.com/1"},
		"side": {"side-pebble-ready"},
	} {
		var sent []string
		watch := &pebbleWatch{
			container: container, socket: s.pebble(container).Socket(),
			send: func(_ context.Context, info hook.Info) error {
				sent = append(sent, strings.TrimSpace(info.Name()+" "+info.NoticeKey))
				return nil
			},
		}
		for range 2 {
			require.NoError(t, watch.look(t.Context()))
			require.Equal(t, want, sent)
		}
	}

	// An agent that starts with its pod.
	require.NoError(t, s.Close())
	s.open(t)
	await(t, "both are ready in the new pod", func() bool { return readies() == [2]int{1, 1} })
}

// C-385: whom the charm runs as, and what Pebble lets him do.
func TestTheCharmsUser(t *testing.T) {
	t.Parallel()
	for charmUser, uid := range map[string]int{"root": 0, "non-root": 170, "sudoer": 171} {
		t.Run(charmUser, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, 1, map[string]string{
				"metadata.yaml": scriptedMeta + "containers: {app: {resource: image}}\ncharm-user: " + charmUser + "\n",
				"dispatch": `#!/bin/sh
export PEBBLE_SOCKET=/charm/containers/app/pebble.socket
case $JUJU_DISPATCH_PATH in
hooks/app-pebble-ready) echo ready;;
actions/act) id -u && /charm/bin/pebble start idler >&2 && /charm/bin/pebble identities 2>&1;;
esac
`,
			})
			s.openGate(t)
			s.awaitLogged(t, 1, "ready")
			if exists, err := sandbox.HasUser(uid); err != nil || !exists {
				require.NoError(t, err)
				uid = 0 // an ordinary user's sandbox has one user
			}
			who, identities, _ := strings.Cut(s.act(t), "\n")
			require.Equal(t, fmt.Sprint(uid), who)
			if charmUser == "root" {
				require.NotContains(t, identities, "charm")
				return
			}
			require.Regexp(t, `(?m)^charm +admin +local$`, identities)
		})
	}
}
