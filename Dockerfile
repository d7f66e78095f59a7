# The one static binary on an empty image, as an unprivileged user. It needs a PostgreSQL server
# (DATABASE_URL) beside it: see docker-compose.yml.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /out/todoke ./cmd/todoke \
 && mkdir -p /out/data && chown 65532:65532 /out/data

FROM scratch
COPY --from=build /out/todoke /todoke
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
USER 65532:65532
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/todoke"]
CMD ["up", "--data", "/data", "--listen", "0.0.0.0:8080"]
