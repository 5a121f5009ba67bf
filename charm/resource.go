package charm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"gopkg.in/yaml.v3"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// Resource is a file or an image that metadata.yaml declares and the operator
// attaches.
type Resource struct {
	b    *Base
	name string
}

// Resource returns the handle of a resource that metadata.yaml declares.
func (b *Base) Resource(name string) *Resource {
	b.names.use(nameResource, name)
	return &Resource{b, name}
}

// Name returns the resource's name.
func (r *Resource) Name() string { return r.name }

// Path returns where the resource's file is. The agent downloads it first, unless
// it has it as it should be. Without a file it is a [*WaitingError].
func (r *Resource) Path(ctx context.Context) (string, error) {
	path, err := r.b.run.tools.ResourceGet(ctx, r.name)
	if errors.Is(err, hooktool.ErrNotFound) {
		return "", &WaitingError{For: "resource " + r.name, Err: err}
	}
	return path, err
}

// Image is an image in a registry. Printed and logged it shows no password.
type Image struct {
	// Path names the image for a client of registries.
	Path string `yaml:"registrypath"`
	// Username and Password are empty if the registry asks for none.
	Username string `yaml:"username"`
	Password string `yaml:"password"`
}

// Format shows the path alone, whatever the verb.
func (i Image) Format(f fmt.State, _ rune) { fmt.Fprint(f, i.Path) }

// LogValue shows the path alone.
func (i Image) LogValue() slog.Value { return slog.StringValue(i.Path) }

// Image returns the image that a resource of type oci-image stands for.
func (r *Resource) Image(ctx context.Context) (Image, error) {
	path, err := r.Path(ctx)
	if err != nil {
		return Image{}, err
	}
	// The file is the same for every image, until the next one is asked for.
	data, err := os.ReadFile(path)
	if err != nil {
		return Image{}, fmt.Errorf("cannot read resource %q: %w", r.name, err)
	}
	var image Image
	if err := yaml.Unmarshal(data, &image); err != nil {
		return Image{}, fmt.Errorf("cannot read resource %q: it is no description of an image", r.name)
	}
	return image, nil
}
