package hook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v2"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// imageFile is the name that every image resource has in the resources
// directory.
const imageFile = "content.yaml"

// Attachments opens what operators attached as resources.
type Attachments interface {
	// Open opens a file resource by what was attached, as
	// [model.Application].Resources holds it.
	Open(attached string) (io.ReadCloser, error)
}

// ownAttachments are files of this process.
type ownAttachments struct{}

func (ownAttachments) Open(attached string) (io.ReadCloser, error) { return os.Open(attached) }

// UseResources says where resources are kept in the agent's file system, and how
// what was attached is opened; nil means as a file of this process. Without it
// the directory is Juju's, beside the charm directory.
func (c *Context) UseResources(dir string, attachments Attachments) {
	c.resourcesDir, c.attachments = dir, attachments
}

// ResourcesDir returns the directory of the unit's resources.
func (c *Context) ResourcesDir() string {
	if c.resourcesDir == "" {
		return "/var/lib/juju/agents/" + unitTag(c.unit) + "/resources"
	}
	return c.resourcesDir
}

// Resource brings a resource to the unit, unless it is there already, and
// returns its path. All images share one file.
func (c *Context) Resource(name string) (string, error) {
	declared, attached, err := c.resource(name)
	if err != nil {
		return "", err
	}
	path := filepath.Join(c.ResourcesDir(), imageFile)
	var content []byte
	if declared.Type == metadata.OCIImage {
		content, err = imageContent(attached)
	} else {
		path = filepath.Join(c.ResourcesDir(), declared.Filename)
		content, err = c.readAttached(attached)
	}
	if err != nil {
		return "", err
	}
	if c.hasFile(path, content) {
		return path, nil
	}
	return path, c.writeResource(path, content)
}

func (c *Context) resource(name string) (declared metadata.Resource, attached string, err error) {
	what := fmt.Sprintf("resource#%s/%s", c.app, name)
	var controller string
	c.model.View(func(s *model.State) {
		controller = append(s.APIAddresses, "controller")[0]
		err = &model.NotFoundError{}
		a, missing := s.Application(c.app)
		if missing != nil || a.Charm == nil {
			return
		}
		var isDeclared, isAttached bool
		declared, isDeclared = a.Charm.Meta.Resources[name]
		attached, isAttached = a.Resources[name]
		switch {
		case isDeclared && isAttached:
			err = nil
		case isDeclared:
			what = fmt.Sprintf("resource %q", name)
		}
	})
	if err != nil {
		err = fmt.Errorf("HTTP request failed: Get https://%s/model/%s/units/%s/resources/%s: %w",
			controller, c.uuid, unitTag(c.unit), name, &model.NotFoundError{What: what})
	}
	return declared, attached, err
}

// imageContent is what resource-get gives for a public image.
func imageContent(image string) ([]byte, error) {
	return yaml.Marshal(struct {
		RegistryPath string `yaml:"registrypath"`
		Username     string `yaml:"username"`
		Password     string `yaml:"password"`
	}{RegistryPath: image})
}

func (c *Context) readAttached(attached string) ([]byte, error) {
	attachments := c.attachments
	if attachments == nil {
		attachments = ownAttachments{}
	}
	f, err := attachments.Open(attached)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	return data, errors.Join(err, f.Close())
}

// hasFile reports whether the unit has that content already.
func (c *Context) hasFile(path string, content []byte) bool {
	f, err := c.Files().Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	return err == nil && bytes.Equal(data, content)
}

func (c *Context) writeResource(path string, content []byte) error {
	if maker, ok := c.Files().(interface{ MkdirAll(name string) error }); ok {
		if err := maker.MkdirAll(filepath.Dir(path)); err != nil {
			return fmt.Errorf("could not create resource dir: %w", err)
		}
	}
	f, err := c.Files().Create(path)
	if err != nil {
		return fmt.Errorf("could not create new file for resource: %w", err)
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("could not write resource to file: %w", err)
	}
	return nil
}
