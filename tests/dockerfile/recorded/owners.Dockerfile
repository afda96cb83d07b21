FROM alpine
COPY --chown=1:1 --chmod=0600 a /a
COPY --chmod=755 b /b
ARG USER=2
COPY --chown=$USER c /c
USER 1:1
RUN id
