package controller

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/juju/names/v5"

	apiservererrors "github.com/juju/juju/apiserver/errors"
	"github.com/juju/juju/apiserver/facade"
	"github.com/juju/juju/rpc/params"
)

// unitAuthorizer is the authorizer of a unit agent's connection.
type unitAuthorizer struct {
	facade.Authorizer
	unit names.UnitTag
}

func (a unitAuthorizer) GetAuthTag() names.Tag      { return a.unit }
func (a unitAuthorizer) AuthUnitAgent() bool        { return true }
func (a unitAuthorizer) AuthApplicationAgent() bool { return false }

// Do implements httprequest.Doer: GET /units/UNIT/resources/NAME.
func (s resourceStore) Do(req *http.Request) (*http.Response, error) {
	_, content, err := s.resource(req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:])
	if err == nil {
		return response(req, http.StatusOK, params.ContentTypeRaw, []byte(content)), nil
	}
	failure, status := apiservererrors.ServerErrorAndStatus(err)
	body, err := json.Marshal(&params.ErrorResult{Error: failure})
	if err != nil {
		return nil, err
	}
	return response(req, status, params.ContentTypeJSON, body), nil
}

func response(req *http.Request, status int, kind string, body []byte) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Request: req,
		Header:        http.Header{"Content-Type": {kind}},
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
	}
}

// unmarshalError reads what response says of a failure, as the agent's
// connection does.
func unmarshalError(r *http.Response) error {
	var body params.ErrorResult
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return err
	}
	return body.Error
}
