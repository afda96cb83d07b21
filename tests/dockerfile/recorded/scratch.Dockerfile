FROM scratch
COPY a /
COPY b c /more/
WORKDIR /here
