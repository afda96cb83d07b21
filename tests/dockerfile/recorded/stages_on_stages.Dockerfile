FROM alpine AS one
RUN echo one
FROM one AS two
RUN echo two
FROM two
COPY a /
FROM two AS three
RUN echo three
FROM three
COPY --from=two /bin/busybox /again
RUN echo four
