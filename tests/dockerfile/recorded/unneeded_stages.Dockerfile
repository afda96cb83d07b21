FROM alpine AS unneeded
RUN false
FROM alpine AS used
RUN echo used > /used
FROM unneeded AS also-unneeded
COPY nothing /
FROM alpine AS app
COPY --from=used /used /
FROM app AS later
RUN false
#: target=app
