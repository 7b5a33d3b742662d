# tocsin in a slim image: it runs as nobody, needs no writable root, and says by /healthz whether it makes progress.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev
# ONNX Runtime brings the libraries of every platform: only this one's stay.
RUN node deploy/prune-runtime.mjs

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/package.json ./
COPY --from=build /app/config ./config
# The state folder, where it is not a volume with an owner of its own.
RUN install -d -o node -g node /var/lib/tocsin
USER node
VOLUME /var/lib/tocsin
EXPOSE 9464
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["run", "--config", "/etc/tocsin/tocsin.yaml"]
