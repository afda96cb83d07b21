FROM alpine
RUN echo one \
  && echo two
COPY <<EOT /text
line
EOT
RUN echo three
