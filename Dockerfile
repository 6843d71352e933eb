# The image of MediLedger's own processes: chaincode servers, gateways, mirrors, the bridge, deployment.
FROM debian:bookworm-slim AS fabric
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && rm -rf /var/lib/apt/lists/*
ARG FABRIC_VERSION=3.1.5
ARG TARGETARCH=amd64
WORKDIR /fabric
RUN curl -fsSL "https://github.com/hyperledger/fabric/releases/download/v${FABRIC_VERSION}/hyperledger-fabric-linux-${TARGETARCH}-${FABRIC_VERSION}.tar.gz" | tar xz \
    && for phase in detect build release; do cp "builders/ccaas/bin/$phase" "bin/ccaas_$phase"; done

FROM python:3.11-slim-bookworm
COPY --from=fabric /fabric/bin/ /opt/fabric/bin/
ENV MEDILEDGER_FABRIC_BIN=/opt/fabric/bin PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY analytics analytics
COPY chaincode chaincode
COPY gateway gateway
COPY http2 http2
COPY iot_bridge iot_bridge
COPY mediledger mediledger
COPY network network
