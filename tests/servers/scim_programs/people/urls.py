"""Where django-scim2 answers, and how it is emptied between two tests."""

from django.http import HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from people.models import Person, Team


@csrf_exempt
def reset(_request):
    Person.objects.all().delete()
    Team.objects.all().delete()
    return HttpResponse(status=204)


urlpatterns = [
    path("reset", reset),
    path("scim/v2/", include("django_scim.urls")),
]
