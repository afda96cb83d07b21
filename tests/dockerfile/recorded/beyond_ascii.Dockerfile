# check=skip=all
FROM alpine
RUN echo é€ "😀"
COPY a /ä
