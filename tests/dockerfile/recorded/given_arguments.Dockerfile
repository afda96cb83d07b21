ARG V=default
FROM alpine AS one
ARG V
ARG W=w
ARG NONE
RUN echo $V $W ${NONE} $HTTP_PROXY
FROM one
RUN echo $V $W
ARG W=again
RUN echo "$W" ${V}
#: build-arg:V=given
#: build-arg:W=too
