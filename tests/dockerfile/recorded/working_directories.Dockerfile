FROM alpine AS base
ENV HERE=/here
WORKDIR /
COPY a .
WORKDIR .
WORKDIR relative
WORKDIR ../up
WORKDIR ..
WORKDIR $HERE/"quoted dir"
WORKDIR //
WORKDIR /.
WORKDIR "/"
COPY c /c
WORKDIR /last/
FROM base
WORKDIR ..
COPY b .
WORKDIR /a/..
COPY c /c
