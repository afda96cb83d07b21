FROM alpine
RUN echo zero > /zero
FROM alpine
COPY --from=0 /zero /one
FROM scratch
COPY --from=1 /one /two
COPY --from=0 /zero /zero
