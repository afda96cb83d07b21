ARG TAG=latest KIND=${NONE:-tools}
ARG IMAGE="alpine:${TAG}"
FROM ${IMAGE} AS tools
ARG TAG
RUN echo ${TAG} $KIND
FROM $KIND AS app
ARG KIND
RUN echo $KIND ${TAG}
FROM ${SET:+never}${TAG:+app}
COPY a /$TAG
