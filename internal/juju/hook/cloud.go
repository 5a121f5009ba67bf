package hook

import "github.com/charmkit/charmkit/internal/juju/model"

// Cloud returns the cloud and the credential that a trusted charm may use.
func (c *Context) Cloud() (cloud model.Cloud, err error) {
	c.model.View(func(s *model.State) { cloud, err = s.CloudFor(c.app) })
	return cloud, err
}
