# tocsin in a small image: it runs as user 65532, needs no writable root, and says by /healthz whether it makes progress.
# It holds Debian packages, Node and the program, put together by scripts/deploy/image.mjs, and no base image. The image named
# here only builds it, by its tag, since it could not be looked up where this was written: `npm run pin` writes its digest.
ARG NODE=node:22-bookworm-slim
FROM ${NODE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
# The bill of materials is of what is left: docker run --rm --entrypoint cat tocsin:0.1.0 sbom.json
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends binutils \
  && npm run build && node scripts/deploy/image.mjs --files /image && rm -rf /var/lib/apt/lists/*

FROM scratch
LABEL org.opencontainers.image.title="tocsin" \
      org.opencontainers.image.description="Watches logs and metric series, scores windows with an ensemble of detectors, alerts" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0"
ENV NODE_ENV=production \
    PATH=/usr/local/bin:/usr/bin:/bin \
    SSL_CERT_DIR=/etc/ssl/certs
WORKDIR /app
COPY --from=build /image/base /
COPY --from=build /image/program /
COPY --from=build --chown=65532:65532 /image/state /
USER 65532:65532
VOLUME /var/lib/tocsin
EXPOSE 9464
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["run", "--config", "/etc/tocsin/tocsin.yaml"]
