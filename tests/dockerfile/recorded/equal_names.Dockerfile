FROM alpine AS one
RUN echo first
FROM alpine AS one
RUN echo second > /second
FROM one
COPY --from=one /second /
