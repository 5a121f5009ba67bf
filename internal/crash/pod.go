package crash

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/charmkit/charmkit/internal/testenv"
)

// A pod is this test, run again in namespaces of its own. These are set there.
const (
	cutVariable    = "CRASH_CUT"     // the Cut, as JSON
	answerVariable = "CRASH_OUTCOME" // the file for the outcome
)

func inPod() bool { return os.Getenv(cutVariable) != "" }

// life lives a life: in a pod if there are containers.
func (c Case[C]) life(t *testing.T, cut Cut) outcome {
	if len(c.Containers) == 0 {
		return live(t, c, cut)
	}
	o, err := spawn(t, cut)
	if err != nil {
		o.Problem = err.Error()
	}
	return o
}

func spawn(t *testing.T, cut Cut) (o outcome, err error) {
	text, err := json.Marshal(cut)
	if err != nil {
		return o, err
	}
	file, err := os.CreateTemp("", "life")
	if err != nil {
		return o, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	test, err := os.Executable()
	if err != nil {
		return o, err
	}
	args := []string{"--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"}
	if os.Getuid() != 0 {
		args = append(args, "--user", "--map-current-user", "--keep-caps")
	}
	args = append(args, test, "-test.run=^"+t.Name()+"$", "-test.timeout=4m")
	cmd := exec.CommandContext(t.Context(), testenv.Command(t, "unshare"), args...)
	cmd.Env = append(os.Environ(), cutVariable+"="+string(text), answerVariable+"="+file.Name())
	output, err := cmd.CombinedOutput()
	if err != nil {
		return o, fmt.Errorf("%w\n%s", err, output)
	}
	return o, json.NewDecoder(file).Decode(&o)
}

// child lives the life that the parent asks for.
func (c Case[C]) child(t *testing.T) {
	var cut Cut
	if err := json.Unmarshal([]byte(os.Getenv(cutVariable)), &cut); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command(testenv.Command(t, "ip"), "link", "set", "lo", "up").Run(); err != nil {
		t.Fatalf("cannot set up the pod's network: %v", err)
	}
	if err := newRoot(); err != nil {
		t.Fatalf("cannot set up the pod's files: %v", err)
	}
	if c.Prepare != nil {
		c.Prepare(t)
	}
	text, err := json.Marshal(live(t, c, cut))
	if err == nil {
		err = os.WriteFile(os.Getenv(answerVariable), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// own are the folders of the host that a pod does not see.
var own = []string{"app", "srv", "var/lib"}

// newRoot gives this process the host's files, but its own folders.
func newRoot() error {
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	// The mount namespace ends with the pod, and this with it.
	const root = "/mnt"
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	entries, err := os.ReadDir("/")
	if err != nil {
		return err
	}
	for _, e := range entries {
		from, to := "/"+e.Name(), filepath.Join(root, e.Name())
		switch {
		case from == root || slices.Contains(own, e.Name()):
			continue
		case e.Type()&os.ModeSymlink != 0:
			target, err := os.Readlink(from)
			if err == nil {
				err = os.Symlink(target, to)
			}
			if err != nil {
				return err
			}
		case e.IsDir():
			if err := os.Mkdir(to, 0o755); err != nil {
				return err
			}
			if err := syscall.Mount(from, to, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
				return fmt.Errorf("cannot mount %s: %w", from, err)
			}
		}
	}
	for _, dir := range own {
		dir = filepath.Join(root, dir)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=755"); err != nil {
			return err
		}
	}
	if err := syscall.Chroot(root); err != nil {
		return err
	}
	return os.Chdir(here)
}
