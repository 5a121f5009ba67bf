package model

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// disk is the part of the file system that stores use, for tests to make it
// fail at any point.
type disk interface {
	// read returns a file's content, fs.ErrNotExist if there is none.
	read(name string) ([]byte, error)
	// replace makes data the content of a file, durably and at once: whatever
	// happens, the file has its old content or the new.
	replace(name string, data []byte) error
	// open opens a file to append to. It is empty, durably, whatever it held.
	open(name string) (appender, error)
}

// appender is an open file. A write is durable when sync returned nil.
type appender interface {
	io.WriteCloser
	sync() error
}

// osDisk is the real one. Files have mode 0600.
type osDisk struct{}

func (osDisk) read(name string) ([]byte, error) { return os.ReadFile(name) }

func (osDisk) replace(name string, data []byte) error {
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, filepath.Base(name)+".*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // does nothing once it is renamed
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncDir(dir)
}

func (osDisk) open(name string) (appender, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Sync(), syncDir(filepath.Dir(name))); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return osFile{f}, nil
}

type osFile struct{ *os.File }

func (f osFile) sync() error { return f.Sync() }

// syncDir makes what was made and renamed in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
