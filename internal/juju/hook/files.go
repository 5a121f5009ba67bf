package hook

import "os"

// Files is the file system in which the unit agent runs: hook tools read --file
// and write --output there, whatever process asks. Names are absolute.
type Files interface {
	Open(name string) (*os.File, error)
	Create(name string) (*os.File, error)
}

// ownFiles is the file system of this process.
type ownFiles struct{}

func (ownFiles) Open(name string) (*os.File, error)   { return os.Open(name) }
func (ownFiles) Create(name string) (*os.File, error) { return os.Create(name) }
func (ownFiles) MkdirAll(name string) error           { return os.MkdirAll(name, 0o755) }

// UseFiles says that the agent runs in another file system than this process,
// such as a container's. It is called before the charm runs.
func (c *Context) UseFiles(files Files) { c.files = files }

// Files returns the agent's file system.
func (c *Context) Files() Files {
	if c.files == nil {
		return ownFiles{}
	}
	return c.files
}
