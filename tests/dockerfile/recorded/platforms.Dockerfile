FROM --platform=$BUILDPLATFORM alpine AS native
RUN echo native > /native
FROM --platform=linux/amd64 alpine AS written
ARG TARGETOS
RUN echo written
FROM --platform=${TARGETPLATFORM} alpine
COPY --from=native /native /
COPY --from=written /bin/busybox /busybox2
