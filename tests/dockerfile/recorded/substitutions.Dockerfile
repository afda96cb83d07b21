FROM alpine
ARG SET=value
ARG EMPTY=
WORKDIR /${SET:-other}/${UNSET:-default}
COPY a /${SET:+there}${UNSET:+never}/${EMPTY:-empty}
RUN echo ${UNSET:-${SET}$UNSET} "${UNSET:+'$SET'}"
RUN echo ${SET:-other} ${UNSET:-default} ${SET:+there} ${UNSET:+never}
