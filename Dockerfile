# tocsin in a slim image: it runs as user 65532, needs no writable root, and says by /healthz whether it makes progress.
# The base is named by its tag, since it could not be looked up where this was written: `npm run pin` writes its digest.
ARG NODE=node:22-bookworm-slim
FROM ${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
# The bill of materials is of what is left: docker run --rm --entrypoint cat tocsin:0.1.0 sbom.json
RUN npm run build && npm prune --omit=dev && node scripts/deploy/sbom.mjs > sbom.json \
  # Of ONNX Runtime's libraries only this platform's stay. /state is the state folder where no volume has an owner of its own.
  && node deploy/prune-runtime.mjs && install -d -o 65532 -g 65532 /state

FROM ${NODE}
LABEL org.opencontainers.image.title="tocsin" \
      org.opencontainers.image.description="Watches logs and metric series, scores windows with an ensemble of detectors, alerts" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/package.json /app/sbom.json /app/LICENSE ./
COPY --from=build /app/config ./config
COPY --from=build --chown=65532:65532 /state /var/lib/tocsin
USER 65532:65532
VOLUME /var/lib/tocsin
EXPOSE 9464
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["run", "--config", "/etc/tocsin/tocsin.yaml"]
