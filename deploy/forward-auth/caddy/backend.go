// An API without any code for authentication: it greets the caller that the proxy names.
package main

import (
	"fmt"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		caller := request.Header.Get("X-Auth-Subject")
		if caller == "" {
			caller = "anonymous"
		}
		response.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(response, "Hello %s, this is %s\n", caller, request.URL.Path)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:9000", nil))
}
