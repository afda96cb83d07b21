FROM alpine
MAINTAINER somebody
LABEL a=b c="d e"
EXPOSE 80/tcp
HEALTHCHECK --interval=5s CMD true
RUN echo in between
VOLUME /data
STOPSIGNAL SIGTERM
USER 1:1
ENTRYPOINT ["sh"]
CMD ["-c", "true"]
RUN echo as one
