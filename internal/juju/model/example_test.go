package model_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/model"
)

func Example() {
	charm, err := metadata.Load(fstest.MapFS{"metadata.yaml": {Data: []byte("name: web\nsummary: s\ndescription: d\n")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := model.New(model.State{Name: "demo"}, model.Options{})
	err = m.Update(context.Background(), func(s *model.State) error {
		return s.Deploy("web", charm, model.DeployOptions{Units: 2})
	})
	m.View(func(s *model.State) { fmt.Println(s.UnitsOf("web"), err) })
	// Output: [web/0 web/1] <nil>
}
