FROM alpine AS base
RUN echo base
ONBUILD RUN echo trigger
ONBUILD COPY a /
WORKDIR /app
