package tools

import (
	"errors"
	"fmt"

	"gopkg.in/yaml.v2"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// k8sGet is k8s-raw-get, k8s-spec-get and the latter's old name pod-spec-get.
type k8sGet struct {
	*call
	what   string
	choose func(model.K8sSpec) string
}

func newK8sSpecGet(c *call) command {
	return &k8sGet{c, "podspec", func(s model.K8sSpec) string { return s.Pod }}
}

func newK8sRawGet(c *call) command {
	return &k8sGet{c, "raw k8s spec", func(s model.K8sSpec) string { return s.Raw }}
}

func (t *k8sGet) flags(flagSet) {}

func (t *k8sGet) init(args []string) error { return noMore(args) }

func (t *k8sGet) run() error {
	spec, err := t.hook.K8sSpec()
	if errors.Is(err, model.ErrNoK8sSpec) {
		return fmt.Errorf("%s for application %s not found", t.what, t.hook.Application())
	}
	if err != nil {
		return err
	}
	t.stdout.WriteString(t.choose(spec))
	return nil
}

// specFile is the --file flag of the tools that set a specification; the
// default is the standard input.
type specFile struct{ path string }

func (f *specFile) read(c *call) (string, error) {
	var data []byte
	var err error
	switch f.path {
	case "":
		return "", errors.New("path not set")
	case "-":
		data, err = c.stdin()
	default:
		data, err = c.readFile(c.path(f.path), 0)
	}
	return string(data), err
}

type k8sRawSet struct {
	*call
	file specFile
}

func newK8sRawSet(c *call) command { return &k8sRawSet{call: c} }

func (t *k8sRawSet) flags(f flagSet) {
	f.StringVar(&t.file.path, "file", "-", "file containing k8s raw spec")
}

func (t *k8sRawSet) init(args []string) error { return noMore(args) }

func (t *k8sRawSet) run() error {
	spec, err := t.file.read(t.call)
	if err != nil {
		return err
	}
	if spec == "" {
		return errors.New("no k8s raw spec specified: pipe k8s raw spec to command, or specify a file with --file")
	}
	return t.hook.SetRawSpec(spec)
}

// k8sSpecSet is k8s-spec-set and its old name pod-spec-set.
type k8sSpecSet struct {
	*call
	file      specFile
	resources string
}

func newK8sSpecSet(c *call) command { return &k8sSpecSet{call: c} }

func (t *k8sSpecSet) flags(f flagSet) {
	f.StringVar(&t.file.path, "file", "-", "file containing pod spec")
	f.StringVar(&t.resources, "k8s-resources", "", "file containing k8s resources that Juju does not model")
}

func (t *k8sSpecSet) init(args []string) error { return noMore(args) }

func (t *k8sSpecSet) run() error {
	spec, err := t.file.read(t.call)
	if err != nil {
		return err
	}
	if spec == "" {
		return errors.New("no k8s spec specified: pipe k8s spec to command, or specify a file with --file")
	}
	if t.resources != "" {
		more, err := t.readFile(t.path(t.resources), 0)
		if err != nil {
			return err
		}
		spec += string(more)
	}
	// Leadership comes first: what others send is not looked at.
	if !t.hook.IsLeader() {
		return t.hook.SetPodSpec(spec)
	}
	if err := checkPodSpec(spec); err != nil {
		return err
	}
	return t.hook.SetPodSpec(spec)
}

// checkPodSpec checks of a specification what every version of it must have.
func checkPodSpec(text string) error {
	var spec struct {
		Version    int `yaml:"version"`
		Containers []struct {
			Name         string         `yaml:"name"`
			Image        string         `yaml:"image"`
			ImageDetails map[string]any `yaml:"imageDetails"`
		} `yaml:"containers"`
	}
	if err := yaml.Unmarshal([]byte(text), &spec); err != nil {
		return err
	}
	if v := spec.Version; v != 0 && v != 2 && v != 3 {
		return fmt.Errorf("latest supported version 3, but got podspec version %d", v)
	}
	if len(spec.Containers) == 0 {
		return errors.New("require at least one container spec")
	}
	for _, c := range spec.Containers {
		if c.Name == "" {
			return errors.New("spec name is missing")
		}
		if c.Image == "" && len(c.ImageDetails) == 0 {
			return errors.New("spec image details is missing")
		}
	}
	return nil
}
