FROM alpine AS base
ENV A=one B="two words" C=$NONE
ENV D four and more
RUN echo $A "$B" '$A' ${C}. ${D} $NONE \$A
WORKDIR /$A/${B}
COPY a $A
ENV A=changed
FROM base
ARG A=argument
RUN echo $A ${A} "${B}"
COPY a /${D}/
