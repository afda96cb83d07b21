FROM alpine AS tools
RUN echo tool > /tool
FROM scratch AS empty
COPY a /a
FROM alpine
RUN --mount=type=bind,from=empty,target=/mnt cat /mnt/a > /out
RUN --mount=type=cache,target=/cache,id=c --mount=type=tmpfs,target=/t \
    --mount=target=/tool,source=/tool,from=tools cat /tool
RUN --mount=type=secret,id=none --network=none true
RUN --mount=target=/context cat /context/b
