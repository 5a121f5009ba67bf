package tools

import (
	"fmt"
	"io"
)

// readFile reads a file of the agent's. limit is its largest size in bytes, 0 if
// there is none; beyond it the error tells the size.
func (c *call) readFile(path string, limit int64) ([]byte, error) {
	file, err := c.hook.Files().Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && limit > 0 && info.Size() > limit {
		return nil, fmt.Errorf("secret content in file %q too large: %d bytes", path, info.Size())
	}
	return io.ReadAll(file)
}

// writeFile writes a file of the agent's.
func (c *call) writeFile(path string, data []byte) error {
	file, err := c.hook.Files().Create(path)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}
