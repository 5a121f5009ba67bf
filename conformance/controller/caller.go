package controller

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"

	"github.com/juju/errors"
	"github.com/juju/names/v5"
	"gopkg.in/httprequest.v1"

	"github.com/juju/juju/api/base"
	apiservererrors "github.com/juju/juju/apiserver/errors"
	"github.com/juju/juju/rpc"
	"github.com/juju/juju/rpc/params"
)

// Caller is the connection of one unit's agent to the controller. It does what
// the network does to calls and answers: both go through JSON.
type Caller struct {
	model   names.ModelTag
	facades map[string]any
	http    *httprequest.Client
	// Record, if set, is told of every call's parameters.
	Record func(request string, arguments json.RawMessage)
}

var _ base.APICaller = (*Caller)(nil)

// versions are the facades' versions of Juju 3.6.11.
var versions = map[string]int{
	"Uniter": 20, "SecretsManager": 4, "ResourcesHookContext": 1, "PayloadsHookContext": 1,
}

// APICall implements base.APICaller.
func (c *Caller) APICall(facade string, version int, id, request string, arguments, response any) error {
	object, ok := c.facades[facade]
	if !ok {
		return fmt.Errorf("no facade %s", facade)
	}
	method := reflect.ValueOf(object).MethodByName(request)
	if !method.IsValid() {
		return fmt.Errorf("no call %s.%s", facade, request)
	}
	data, err := json.Marshal(arguments)
	if err != nil {
		return err
	}
	if c.Record != nil {
		c.Record(request, data)
	}
	var args []reflect.Value
	if method.Type().NumIn() == 1 {
		arg := reflect.New(method.Type().In(0))
		if err := json.Unmarshal(data, arg.Interface()); err != nil {
			return err
		}
		args = append(args, arg.Elem())
	}
	var failure error
	for _, out := range method.Call(args) {
		if err, ok := out.Interface().(error); ok {
			failure = err
			continue
		}
		if out.Type() == errorType || response == nil {
			continue
		}
		data, err := json.Marshal(out.Interface())
		if err != nil {
			return err
		}
		if err := json.Unmarshal(data, response); err != nil {
			return err
		}
	}
	if failure != nil {
		e := apiservererrors.ServerError(failure)
		return errors.Trace(params.TranslateWellKnownError(&rpc.RequestError{Message: e.Message, Code: e.Code, Info: e.Info}))
	}
	return nil
}

var errorType = reflect.TypeFor[error]()

// BestFacadeVersion implements base.APICaller.
func (c *Caller) BestFacadeVersion(facade string) int { return versions[facade] }

// ModelTag implements base.APICaller.
func (c *Caller) ModelTag() (names.ModelTag, bool) { return c.model, true }

// HTTPClient implements base.APICaller.
func (c *Caller) HTTPClient() (*httprequest.Client, error) { return c.http, nil }

// RootHTTPClient implements base.APICaller.
func (c *Caller) RootHTTPClient() (*httprequest.Client, error) { return c.http, nil }

// BakeryClient implements base.APICaller.
func (c *Caller) BakeryClient() base.MacaroonDischarger { return nil }

// Context implements base.APICaller.
func (c *Caller) Context() context.Context { return context.Background() }

var errNoStreams = errors.New("no streams")

// ConnectStream implements base.APICaller.
func (c *Caller) ConnectStream(string, url.Values) (base.Stream, error) { return nil, errNoStreams }

// ConnectControllerStream implements base.APICaller.
func (c *Caller) ConnectControllerStream(string, url.Values, http.Header) (base.Stream, error) {
	return nil, errNoStreams
}
